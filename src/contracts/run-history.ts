import type { RunError } from "../model/error-code.ts";
import type { EpochMs, Interval } from "../model/interval.ts";
import type { Label, MarketSymbol } from "../model/names.ts";
import type { Timeframe } from "../model/timeframe.ts";
import type { RunState } from "./slice-queue.ts";

/** What a queue remembers of a run that was started. */
export interface RunRecord {
  /** The same for every attempt, in any process. */
  readonly sliceId: string;
  /** Absent for runs that serve no job. */
  readonly label?: Label;
  /** Of all series of the slice. */
  readonly timeframe: Timeframe;
  /** What the slice asks for, not when it ran. */
  readonly interval: Interval;
  /** How many symbols the slice has, 1 or more. */
  readonly symbols: number;
  /** The first of them. */
  readonly firstSymbol: MarketSymbol;
  /** `queued` where a run that was started waits for its next try. */
  readonly state: RunState;
  /** Tries that were spent. */
  readonly attempt: number;
  /** When it was last claimed, on the queue's clock. */
  readonly startedAt: EpochMs;
  /** Absent while it is running or queued again. */
  readonly finishedAt?: EpochMs;
  /** Written since it was queued, as last reported by progress or result. */
  readonly bars: number;
  /** Sent since it was last claimed, as last reported. */
  readonly requests: number;
  /** What went wrong last. */
  readonly error?: RunError;
}

/** What a queue remembers. */
export interface RunHistory {
  /** The latest, in the order in which they started. Empty when none was started. */
  readonly runs: readonly RunRecord[];
  /**
   * How many of those that were asked for were started and are remembered, those that `most` leaves out of `runs`
   * included.
   */
  readonly total: number;
}
