import type { EpochMs } from "../model/interval.ts";

/** Time and waiting, passed in so that a whole backfill can run under simulated time. */
export interface Clock {
  /** May go back, as a machine's does when it is set. */
  now(): EpochMs;
  /** Resolves after `ms` (at once when not positive); rejects with `signal.reason` when aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /**
   * True for a clock that does not run at the speed of the machine's, as one of a test: requests are spaced by its
   * `sleep` alone. Else the limiter's turns are the machine's timers, which keep a rate of thousands a minute. Default
   * false.
   */
  readonly isSimulated?: boolean;
}
