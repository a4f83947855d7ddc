import { isBarfillError, type RateLimitedError } from "../errors.ts";
import type { RunError } from "../model/error-code.ts";

/** How often and how long to try. */
export interface RetryPolicy {
  /**
   * Tries of one page, one commit or one question to the store within a run, the first one included; a whole number
   * from 1 to 100, default 4. Then the run goes back to the queue. A refusal for the rate is no try, and a store that
   * answers no slice at all is waited for, ten minutes each time.
   */
  readonly pageAttempts: number;
  /**
   * Tries of a run before it has failed, the first one included; a whole number from 1 to 100, default 5. None is spent
   * on a source that answers no slice for a minute or longer, while there are others to ask for, and the last one not
   * on a store that answers no slice at all: then the work halts.
   */
  readonly runAttempts: number;
  /**
   * Leases of a run that may run out, because the worker died or fell silent; a whole number from 1 to 1000,
   * default 20. Then it has failed when it is leased again: its slice may be what kills the workers. They cost none of
   * `runAttempts`.
   */
  readonly runExpiries: number;
  /**
   * The wait after the first failure, in ms, which doubles with each further one; of each wait up to half is left out
   * by chance. A whole number from 0 to 3,600,000 (an hour), default 500.
   */
  readonly baseDelayMs: number;
  /**
   * The longest wait between two tries, in ms; a whole number from 0 to 86,400,000 (a day), default 60,000: a minute.
   * A store or a queue that fails is asked again after 10 s at most.
   */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  pageAttempts: 4,
  runAttempts: 5,
  runExpiries: 20,
  baseDelayMs: 500,
  maxDelayMs: 60_000,
};

/**
 * The wait after failure number `failures` (1 or more): exponential, half of it left to chance (`random` in [0, 1)).
 */
export function backoffMs(failures: number, { baseDelayMs, maxDelayMs }: RetryPolicy, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(failures - 1, 30));
  return Math.round(full * (0.5 + random / 2));
}

/**
 * How long no request may leave after refusal number `refusals` in a row: as long as the source asked, but
 * half a base delay at least, because its clock may be ahead of ours; else exponentially longer. A bucket refilled at
 * 3.3 a second has something after one base delay, so most holds are short.
 */
export function holdMs(error: RateLimitedError, refusals: number, policy: RetryPolicy, random: number): number {
  if (error.retryAfterMs === undefined) return backoffMs(refusals + 1, policy, random);
  return Math.max(error.retryAfterMs, policy.baseDelayMs / 2);
}

/** What the executor does when a run ends early. `stop` is the caller's wish, all others follow from an error. */
export type Verdict =
  | { readonly kind: "stop" | "leave" | "halt" | "fail" }
  | { readonly kind: "retry"; readonly attemptSpent: boolean };

/**
 * The fate of a run whose try number `attempt` ended with `error`. With `isGone` the source or the store that failed it
 * fails others too, and no run is given up for that: the one is waited for, and the other needs a person.
 */
export function verdictOf(error: unknown, attempt: number, { runAttempts }: RetryPolicy, isGone = false): Verdict {
  // What is not ours is a bug in an adapter or in barfill: the run fails, and says so.
  if (!isBarfillError(error)) return { kind: "fail" };
  switch (error.disposition) {
    case "leave":
    case "halt":
      return { kind: error.disposition };
    case "retry": {
      const isAway = isGone && error.code === "SOURCE_UNAVAILABLE";
      const attemptSpent = !isAway && error.code !== "SOURCE_RATE_LIMITED";
      if (!attemptSpent || attempt < runAttempts) return { kind: "retry", attemptSpent };
      return { kind: isGone ? "halt" : "fail" };
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
