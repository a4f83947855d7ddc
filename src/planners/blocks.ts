import type { Gap } from "../model/coverage.ts";
import type { Interval } from "../model/interval.ts";
import type { Series } from "../model/series.ts";

/** Symbols that lack the same interval of otherwise the same series: a rectangle that can be cut both ways. */
export interface Block extends Omit<Series, "symbol"> {
  /** Ascending by code unit, none twice. */
  readonly symbols: readonly string[];
  readonly interval: Interval;
}

/**
 * The gaps as rectangles, one a distinct interval: by timeframe as they come, then by where the interval first comes.
 * Rejected: by whole gap lists. An old hole of one symbol would split off what it lacks of today with all others.
 */
export function blocksOf(gaps: readonly Gap[]): Block[] {
  const blocks = new Map<string, Omit<Block, "symbols"> & { readonly symbols: Set<string> }>();
  for (const { series, intervals } of gaps) {
    const { symbol, ...shared } = series;
    const { provider, timeframe, feed, adjustment } = shared;
    for (const interval of intervals) {
      const key = [provider, timeframe, feed, adjustment, interval.start, interval.end].join("|");
      const block = blocks.get(key);
      if (block === undefined) blocks.set(key, { ...shared, interval, symbols: new Set([symbol]) });
      else block.symbols.add(symbol);
    }
  }
  return Array.from(blocks.values(), (block) => ({ ...block, symbols: [...block.symbols].sort() }));
}
