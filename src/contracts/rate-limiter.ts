import type { EpochMs } from "../model/interval.ts";

/** What the source says of its own limit. Each field is absent where it does not say. */
export interface RateBudget {
  /** Requests a minute. */
  readonly limit?: number;
  /** Requests left before `resetAt`. */
  readonly remaining?: number;
  /** When `remaining` is full again, on the source's clock. */
  readonly resetAt?: EpochMs;
  /** The source's own time when it said so: `resetAt` is on its clock, which may differ from ours. */
  readonly toldAt?: EpochMs;
}

/** Decides when a request may leave. One limiter serves everything that shares one allowance. */
export interface RateLimiter {
  /**
   * Runs `request` when its turn comes; its outcome is the outcome. Rejects with `signal.reason` when aborted before.
   */
  schedule<T>(request: () => Promise<T>, options?: { signal?: AbortSignal }): Promise<T>;
  /** What it allows a minute now, where it can tell. */
  readonly requestsPerMinute?: number;
  /** Takes note of what an answer said: slows down, or speeds up, but never past a rate that was configured. */
  observe(budget: RateBudget): void;
  /** No request leaves before `time`. A later call never shortens an earlier one. */
  holdUntil(time: EpochMs): void;
}
