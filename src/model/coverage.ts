import { type Interval, subtract } from "./interval.ts";
import { type Series, seriesKey } from "./series.ts";

/** One series over one interval, asked and answered to the last page, even if the answer was "no bars". */
export interface CoveredSpan {
  /** Provider, feed and adjustment count: raw bars do not cover adjusted ones. */
  readonly series: Series;
  /** Of open times: every bar that opens in it is held. */
  readonly interval: Interval;
}

/** What a series has covered, by {@link seriesKey}; intervals ascending and disjoint. A missing key has none. */
export type Coverage = ReadonlyMap<string, readonly Interval[]>;

/** What is wanted of a series and not covered: ascending, disjoint, never empty. */
export interface Gap {
  /** Each series has one gap at most in a list. */
  readonly series: Series;
  /** Of open times, 1 or more. */
  readonly intervals: readonly Interval[];
}

/** `wanted` less `coverage`: one gap a series that lacks something, in the order of `wanted`. */
export function gapsOf(wanted: readonly CoveredSpan[], coverage: Coverage): Gap[] {
  const gaps: Gap[] = [];
  for (const { series, interval } of wanted) {
    const intervals = subtract([interval], coverage.get(seriesKey(series)) ?? []);
    if (intervals.length > 0) gaps.push({ series, intervals });
  }
  return gaps;
}
