import type { Bar, SeriesBars } from "../model/bar.ts";
import type { Coverage, CoveredSpan } from "../model/coverage.ts";
import type { Interval } from "../model/interval.ts";
import type { Series } from "../model/series.ts";

/** What a commit did, in bars. The three add up to the bars that were passed. */
export interface CommitCounts {
  readonly inserted: number;
  /** Held before with other values; now with these. */
  readonly revised: number;
  readonly unchanged: number;
}

/** Where bars go. Holds bars and the coverage that they prove, and never the one without the other. */
export interface BarStore {
  /** Bars and coverage, in one transaction or not at all. Idempotent. Rejects with {@link StoreError}. */
  commit(bars: readonly SeriesBars[], covered: readonly CoveredSpan[]): Promise<CommitCounts>;
  /** What is covered of each series, clipped to `within`. Series that have nothing may be left out. */
  coverage(series: readonly Series[], within: Interval): Promise<Coverage>;
  /** The bars that open in `within`, ascending; none when there are none, covered or not. */
  read(series: Series, within: Interval): AsyncIterable<Bar>;
}
