import type { BadBar } from "./bar.ts";
import type { CoveredSpan, Gap } from "./coverage.ts";
import type { RunError } from "./error-code.ts";
import type { EpochMs, Interval } from "./interval.ts";
import type { Label, MarketSymbol } from "./names.ts";
import type { Series } from "./series.ts";
import type { Timeframe } from "./timeframe.ts";

/**
 * Where one series stands: `covered`, all that was wanted is held; `partly` and `missing`, some or none of it;
 * `withheld`, all but what is too recent; `quarantined`, the source refuses the symbol; `failed`, a run of it failed.
 * More may come in a minor version: have a default.
 */
export type SeriesState = "covered" | "partly" | "missing" | "withheld" | "quarantined" | "failed";

/** Where one series stands. */
export interface SeriesStatus {
  /** Each series that was wanted has one status. */
  readonly series: Series;
  /** Where several are true: `quarantined` before `failed` before `partly` before `withheld`. */
  readonly state: SeriesState;
}

/** A run that ended with an error. What it had committed before counts. */
export interface FailedRun {
  /** What `retryFailed({ ids })` takes. */
  readonly sliceId: string;
  /** Absent for runs that serve no job. */
  readonly label?: Label;
  /** Of the whole slice: some of them may be held all the same. */
  readonly symbols: readonly MarketSymbol[];
  /** Of all series of the slice. */
  readonly timeframe: Timeframe;
  /** Of the whole slice: what is held of it is no gap. */
  readonly interval: Interval;
  /** Of the last attempt; its `code` is `UNEXPECTED` where it is no error of barfill. */
  readonly error: RunError;
}

/** A symbol that is left out since the source refused it. */
export interface RefusedSymbol {
  /** As it was asked for. */
  readonly symbol: MarketSymbol;
  /** The source's own words, and how the symbol is likely spelled where that can be told. */
  readonly reason: string;
  /** When the source refused it, on the backfill's clock. */
  readonly since: EpochMs;
  /** From this instant on it is asked for again by itself; absent: not before it is lifted. */
  readonly until?: EpochMs;
}

/**
 * Why a series has no bar in what was wanted of it, as far as it can be told:
 * - `unknown`: the list of assets does not have the symbol.
 * - `before-listing`, `after-delisting`: the list says so, or bars are held on the one side only of a silence of two
 *   weeks or more, and the list does not contradict it.
 * - `before-history`: all of it lies before the source's history.
 * - `no-trades`: it is listed, or bars are held around it, and none in it.
 * - `no-bars`: nobody can tell. Most of these are told with `assets`.
 *
 * More may come in a minor version: have a default.
 */
export type EmptyReason = "unknown" | "before-listing" | "after-delisting" | "before-history" | "no-trades" | "no-bars";

/** A series of which all that was wanted is answered, and that has no bar in it. */
export interface EmptySeries extends Series {
  /** The surest reason that can be told, `no-bars` when none can. */
  readonly why: EmptyReason;
}

/** What was done for one label and timeframe. */
export interface BatchReport {
  /** Absent for runs that serve no job. */
  readonly label?: Label;
  /** One batch has one timeframe. */
  readonly timeframe: Timeframe;
  /** How many different ones its runs had. */
  readonly symbols: number;
  /** Of this process, by how they ended. */
  readonly runs: RunEndings;
  /** Committed by this process, new or not. */
  readonly bars: number;
  /** Sent by this process, answered or not. */
  readonly requests: number;
}

/** How runs ended, in runs. One that was put back and taken again counts by its last ending. */
export interface RunEndings {
  /** Answered and committed to the end. */
  readonly success: number;
  /** Ended with an error, their attempts used up or of no use. */
  readonly failed: number;
  /** Handed back to the queue. */
  readonly returned: number;
  /** Taken over by another worker, or cancelled. */
  readonly lost: number;
}

/** What a backfill did, and what the store holds and lacks of what was wanted. */
export interface Report {
  /** True when nothing is missing: no gap, nothing withheld. */
  readonly complete: boolean;
  /** Why everything was stopped, when it was. */
  readonly halted?: RunError;
  /** Requests sent by this process. */
  readonly requests: number;
  /** Bars committed by this process: inserted, revised and unchanged. */
  readonly bars: number;
  /** Bars that were not held before. */
  readonly inserted: number;
  /** Bars that were held with other values, and now with these. */
  readonly revised: number;
  /** Bars that were held already, and not written. */
  readonly unchanged: number;
  /** From the start of `run` to this report, on the backfill's clock; about 0 from `report`. */
  readonly elapsedMs: number;
  /** What was wanted and allowed: one span a series, in the order of the request. */
  readonly wanted: readonly CoveredSpan[];
  /** Where every series stands, those that are withheld as a whole included, in the order of the request. */
  readonly series: readonly SeriesStatus[];
  /** All that is wanted, allowed, and not covered, whatever the reason. */
  readonly gaps: readonly Gap[];
  /** What is too recent to be final or allowed. Not an error; ask again later. */
  readonly withheld: readonly CoveredSpan[];
  /** Wanted symbols that the source refuses, by symbol. */
  readonly quarantined: readonly RefusedSymbol[];
  /** One entry a slice, by its last ending here. Put them back by `retryFailed`. */
  readonly failed: readonly FailedRun[];
  /**
   * Bars that were kept out of the store: the first 10 of every try of a run, none of them twice. `badBarCount` tells
   * how many there were.
   */
  readonly badBars: readonly BadBar[];
  /** Bars that were kept out of the store; of a run that was taken again, the most of one try. */
  readonly badBarCount: number;
  /**
   * Of the series that the source was asked for in this work, those that have no bar in anything that was wanted of
   * them (there may be some before and after it), all of it answered; and why. What earlier work has settled is not
   * asked again, and is not in here: a second `run` of the same request, like `report` without `done`, has none. In the
   * order of `wanted`.
   */
  readonly empty: readonly EmptySeries[];
  /** Of this process; all 0 when nothing was to be done. */
  readonly runs: RunEndings;
  /** By label, then timeframe. */
  readonly batches: readonly BatchReport[];
}
