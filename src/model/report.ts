import type { BadBar } from "./bar.ts";
import type { CoveredSpan, Gap } from "./coverage.ts";
import type { EpochMs, Interval } from "./interval.ts";
import type { Series } from "./series.ts";
import type { Timeframe } from "./timeframe.ts";

/**
 * Where one series stands: `covered`, all that was wanted is held; `partly` and `missing`, some or none of it;
 * `withheld`, all but what is too recent; `quarantined`, the source refuses the symbol; `failed`, a run of it failed.
 */
export type SeriesState = "covered" | "partly" | "missing" | "withheld" | "quarantined" | "failed";

export interface SeriesStatus {
  readonly series: Series;
  readonly state: SeriesState;
}

/** A run that ended with an error. What it had committed before counts. */
export interface FailedRun {
  readonly sliceId: string;
  readonly label?: string;
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly interval: Interval;
  readonly error: { readonly code: string; readonly message: string };
}

/** A symbol that is left out since the source refused it. */
export interface RefusedSymbol {
  readonly symbol: string;
  /** The source's own words. */
  readonly reason: string;
  readonly since: EpochMs;
  /** From this instant on it is asked for again by itself; absent: not before it is lifted. */
  readonly until?: EpochMs;
}

/**
 * Why a series has no bar in what was wanted of it, as far as it can be told:
 * - `unknown`: the list of assets does not have the symbol.
 * - `before-listing`, `after-delisting`: the list says so, or bars are held on the one side only of a silence of two weeks
 *   or more, and the list does not contradict it.
 * - `before-history`: all of it lies before the source's history.
 * - `no-trades`: it is listed, or bars are held around it, and none in it.
 * - `no-bars`: nobody can tell. Most of these are told with `assets`.
 */
export type EmptyReason = "unknown" | "before-listing" | "after-delisting" | "before-history" | "no-trades" | "no-bars";

/** A series that was asked for to the end, and has no bar. */
export interface EmptySeries extends Series {
  readonly why: EmptyReason;
}

/** What was done for one label and timeframe. */
export interface BatchReport {
  readonly label?: string;
  readonly timeframe: Timeframe;
  readonly symbols: number;
  readonly runs: RunEndings;
  readonly bars: number;
  readonly requests: number;
}

/** How runs ended, in runs. One that was put back and taken again counts by its last ending. */
export interface RunEndings {
  readonly success: number;
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
  readonly halted?: { readonly code: string; readonly message: string };
  /** Requests sent by this process. */
  readonly requests: number;
  /** Bars committed by this process: inserted, revised and unchanged. */
  readonly bars: number;
  readonly inserted: number;
  readonly revised: number;
  readonly unchanged: number;
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
  readonly failed: readonly FailedRun[];
  /** Bars that were kept out of the store. */
  readonly badBars: readonly BadBar[];
  /** Series that were asked for here, and for which the source has no bar at all; and why. */
  readonly empty: readonly EmptySeries[];
  readonly runs: RunEndings;
  /** By label, then timeframe. */
  readonly batches: readonly BatchReport[];
}
