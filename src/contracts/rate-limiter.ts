import type { EpochMs } from "../model/interval.ts";

/** What the source says of its own limit. Each field is absent where it does not say. */
export interface RateBudget {
  /** Requests a minute. */
  readonly limit?: number;
  /** Requests left before `resetAt`. */
  readonly remaining?: number;
  readonly resetAt?: EpochMs;
}

/** Decides when a request may leave. One limiter serves everything that shares one allowance. */
export interface RateLimiter {
  /** Runs `request` when its turn comes; its outcome is the outcome. Rejects with `signal.reason` when aborted before. */
  schedule<T>(request: () => Promise<T>, options?: { signal?: AbortSignal }): Promise<T>;
  /** Takes note of what an answer said. May slow down; never speeds up past the configured rate. */
  observe(budget: RateBudget): void;
  /** No request leaves before `time`. A later call never shortens an earlier one. */
  holdUntil(time: EpochMs): void;
}
