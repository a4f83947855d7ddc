import type { Bar, SeriesBars } from "../model/bar.ts";
import type { Coverage, CoveredSpan } from "../model/coverage.ts";
import type { Interval } from "../model/interval.ts";
import type { Series } from "../model/series.ts";

/** What a commit did, in bars. The three add up to the bars that were passed. */
export interface CommitCounts {
  /** Not held before at their open times. */
  readonly inserted: number;
  /** Held before with other values; now with these. */
  readonly revised: number;
  /** Held before with the same values, and not written. */
  readonly unchanged: number;
}

/** Where bars go. Holds bars and the coverage that they prove, and never the one without the other. */
export interface BarStore {
  /**
   * Bars and coverage, in one transaction or not at all. Idempotent. A bar that is held already is written only if a
   * value changed; of two bars of one series at one open time in the same commit the later is kept. An empty span
   * covers nothing. Rejects with {@link StoreError}, and with {@link OptionsError} for a time that is none.
   */
  commit(bars: readonly SeriesBars[], covered: readonly CoveredSpan[]): Promise<CommitCounts>;
  /**
   * What is covered of each series, clipped to `within`: by {@link seriesKey}, ascending, disjoint, never touching.
   * Series that have nothing may be left out.
   */
  coverage(series: readonly Series[], within: Interval): Promise<Coverage>;
  /**
   * The bars that open in `within`, ascending; none when there are none, covered or not. Commits made while it reads
   * may show up or not; bars that were there throughout are neither skipped nor doubled.
   */
  read(series: Series, within: Interval): AsyncIterable<Bar>;
}
