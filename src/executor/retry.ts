import type { RunError } from "../contracts/slice-queue.ts";
import { isBarfillError, type RateLimitedError } from "../errors.ts";

/** How often and how long to try. */
export interface RetryPolicy {
  /** Tries of one page, or one commit, within a run; 1 or more. */
  readonly pageAttempts: number;
  /** Tries of a run before it has failed; 1 or more. */
  readonly runAttempts: number;
  /** The wait after the first failure; it doubles with each further one. */
  readonly baseDelayMs: number;
  /** The longest wait between two tries, in ms. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { pageAttempts: 4, runAttempts: 5, baseDelayMs: 500, maxDelayMs: 60_000 };

/**
 * The wait after failure number `failures` (1 or more): exponential, half of it left to chance (`random` in [0, 1)).
 */
export function backoffMs(failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}

/**
 * How long no request may leave after refusal number `refusals` in a row: as long as the source asked, but
 * half a base delay at least, because its clock may be ahead of ours; else exponentially longer. A bucket refilled at 3.3 a second has something after one base delay, so most holds are short.
 */
export function holdMs(error: RateLimitedError, refusals: number, policy: RetryPolicy, random: number): number {
  if (error.retryAfterMs === undefined) return backoffMs(refusals + 1, policy, random);
  return Math.max(error.retryAfterMs, policy.baseDelayMs / 2);
}

/** What the executor does when a run ends early. `stop` is the caller's wish, all others follow from an error. */
export type Verdict =
  | { readonly kind: "stop" | "leave" | "halt" | "fail" }
  | { readonly kind: "retry"; readonly attemptSpent: boolean };

/** The fate of a run whose try number `attempt` ended with `error`. */
export function verdictOf(error: unknown, attempt: number, { runAttempts }: RetryPolicy): Verdict {
  // What is not ours is a bug in an adapter or in barfill: the run fails, and says so.
  if (!isBarfillError(error)) return { kind: "fail" };
  switch (error.disposition) {
    case "leave":
    case "halt":
      return { kind: error.disposition };
    case "retry": {
      const attemptSpent = error.code !== "SOURCE_RATE_LIMITED";
      return attemptSpent && attempt >= runAttempts ? { kind: "fail" } : { kind: "retry", attemptSpent };
    }
    default:
      return { kind: "fail" };
  }
}

/** An error as queues and observers keep it: code and message, no stack and no cause. */
export function toRunError(error: unknown): RunError {
  if (isBarfillError(error)) return { code: error.code, message: error.message };
  return { code: "UNEXPECTED", message: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}
