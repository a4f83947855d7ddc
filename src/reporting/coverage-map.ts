import { groupBy } from "../model/group-by.ts";
import { hullOf } from "../model/hull.ts";
import { type Interval, subtract } from "../model/interval.ts";
import type { Report, SeriesState } from "../model/report.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { timeIn } from "../model/time-in.ts";
import { TIMEFRAMES } from "../model/timeframe.ts";

/**
 * The worst that a series holds in one column of a map: `none`, nothing is wanted; `covered`, all that is wanted is
 * held; `withheld`, some of it is too recent; `partly` and `gap`, some or all of it is missing; `quarantined`, some of
 * it is missing because the source refuses the symbol.
 */
export type CoverageCell = "none" | "covered" | "withheld" | "partly" | "gap" | "quarantined";

/** One series of a map. */
export interface CoverageRow {
  /** Differs from the map's other rows in its symbol alone. */
  readonly series: Series;
  /** As the report says: of all that was wanted, not of a column. */
  readonly state: SeriesState;
  /**
   * Of the time that is wanted, withheld time included: 0 to 1, and 1 where none is. Time, not bars; nights and
   * weekends count too.
   */
  readonly coveredShare: number;
  /** Intervals that are wanted, allowed and missing. */
  readonly gaps: number;
  /** One a column. */
  readonly cells: readonly CoverageCell[];
}

/** Series by time: what is held and what is missing of one timeframe, feed and adjustment. */
export interface CoverageMap extends Omit<Series, "symbol"> {
  /** From the first to the last instant that is wanted of any row. */
  readonly interval: Interval;
  /** Each column takes this share of the interval, in ms; may be a fraction. */
  readonly columnMs: number;
  /** Those that lack most come first, then by symbol. */
  readonly rows: readonly CoverageRow[];
}

/** Wanted, missing and withheld time of one series. */
interface Spans {
  readonly series: Series;
  readonly state: SeriesState;
  readonly wanted: readonly Interval[];
  readonly gaps: readonly Interval[];
  readonly withheld: readonly Interval[];
}

/**
 * What `report` says, as pictures of `columns` columns (1 or more): one a timeframe, feed and adjustment, from the
 * shortest timeframe to the longest; none where nothing is wanted. Pure. A gap is seen however short it is.
 */
export function coverageMaps(
  report: Pick<Report, "series" | "wanted" | "gaps" | "withheld">,
  columns: number,
): CoverageMap[] {
  const wanted = groupBy(report.wanted, ({ series }) => seriesKey(series));
  const withheld = groupBy(report.withheld, ({ series }) => seriesKey(series));
  const gaps = new Map(report.gaps.map((gap) => [seriesKey(gap.series), gap.intervals]));
  const all = report.series.map(({ series, state }): Spans => {
    const key = seriesKey(series);
    const late = (withheld.get(key) ?? []).map(({ interval }) => interval);
    const open = (wanted.get(key) ?? []).map(({ interval }) => interval);
    return { series, state, wanted: [...open, ...late], gaps: gaps.get(key) ?? [], withheld: late };
  });
  const kinds = groupBy(all, ({ series: { provider, timeframe, feed, adjustment } }) =>
    [provider, timeframe, feed, adjustment].join("|"),
  );
  return [...kinds.values()]
    .filter((group) => group.some(({ wanted }) => wanted.length > 0))
    .map((group) => mapOf(group, columns))
    .sort((a, b) => TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe));
}

function mapOf(group: readonly [Spans, ...Spans[]], columns: number): CoverageMap {
  const { symbol: _, ...kind } = group[0].series;
  const interval = hullOf(group.flatMap(({ wanted }) => wanted));
  const rows = group.map((spans) => rowOf(spans, interval, columns)).sort(byWhatTheyLack);
  return { ...kind, interval, columnMs: (interval.end - interval.start) / columns, rows };
}

function rowOf({ series, state, wanted, gaps, withheld }: Spans, within: Interval, columns: number): CoverageRow {
  const wantedMs = msByColumn(wanted, within, columns);
  const gapMs = msByColumn(gaps, within, columns);
  const withheldMs = msByColumn(withheld, within, columns);
  const cells = wantedMs.map((ms, i): CoverageCell => {
    const missing = gapMs[i] as number;
    if (missing > 0) return state === "quarantined" ? "quarantined" : missing < ms ? "partly" : "gap";
    if ((withheldMs[i] as number) > 0) return "withheld";
    return ms > 0 ? "covered" : "none";
  });
  const all = timeIn(wanted);
  const coveredShare = all === 0 ? 1 : timeIn(subtract(wanted, [...gaps, ...withheld])) / all;
  return { series, state, coveredShare, gaps: gaps.length, cells };
}

/** How much of each column `intervals` take, in ms. They must lie within `within`. */
function msByColumn(intervals: readonly Interval[], within: Interval, columns: number): number[] {
  const sums = new Array<number>(columns).fill(0);
  const width = (within.end - within.start) / columns;
  for (const { start, end } of intervals) {
    for (let i = columnAt(start); i < columns && within.start + i * width < end; i++) {
      const from = Math.max(start, within.start + i * width);
      const to = Math.min(end, within.start + (i + 1) * width);
      // Rounding may put an edge a hair into the next column.
      if (to - from > 1e-3) sums[i] = (sums[i] as number) + to - from;
    }
  }
  return sums;

  function columnAt(instant: number): number {
    return Math.max(0, Math.floor((instant - within.start) / width));
  }
}

function byWhatTheyLack(a: CoverageRow, b: CoverageRow): number {
  if (a.coveredShare !== b.coveredShare) return a.coveredShare - b.coveredShare;
  return a.series.symbol < b.series.symbol ? -1 : a.series.symbol > b.series.symbol ? 1 : 0;
}
