import type { Gap } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import type { Interval } from "../model/interval.ts";
import type { Series } from "../model/series.ts";

/** Symbols that lack the same interval of otherwise the same series: a rectangle that can be cut both ways. */
export interface Block extends Omit<Series, "symbol"> {
  /** Ascending by code unit, none twice. */
  readonly symbols: readonly string[];
  readonly interval: Interval;
}

/** The gaps as the fewest rectangles that share whole gap lists: by timeframe as they come, then by time. */
export function blocksOf(gaps: readonly Gap[]): Block[] {
  const groups = groupBy(gaps, ({ series, intervals }) => {
    const { provider, timeframe, feed, adjustment } = series;
    const times = intervals.map(({ start, end }) => `${start}-${end}`).join();
    return [provider, timeframe, feed, adjustment, times].join("|");
  });
  const blocks: Block[] = [];
  for (const group of groups.values()) {
    const [{ series, intervals }] = group;
    const { symbol: _, ...shared } = series;
    const symbols = [...new Set(group.map((gap) => gap.series.symbol))].sort();
    for (const interval of intervals) blocks.push({ ...shared, symbols, interval });
  }
  return blocks;
}
