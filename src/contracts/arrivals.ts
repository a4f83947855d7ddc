import type { Clock } from "./clock.ts";

/** Hears of runs that fall due, so that a worker with nothing to do need not wait for its next poll. */
export interface Arrivals {
  /**
   * Listens until `signal` aborts, then resolves. Calls `onDue` with the time, in ms from now (0 or more), at which a
   * run falls due; also with 0 whenever listening has begun, for the first time or again, because nobody knows what was
   * missed. Never rejects: it tries again by `clock`, and what it misses is found by polling, which goes on beside it.
   */
  listen(
    onDue: (inMs: number) => void,
    options: { readonly clock: Clock; readonly signal: AbortSignal },
  ): Promise<void>;
}
