import type { Interval } from "../../model/interval.ts";
import type { Timeframe } from "../../model/timeframe.ts";
import type { Market } from "../market/market.ts";
import type { Knobs } from "./knobs.ts";
import { cutPage, isChargedInMinutes, pageBounds } from "./page.ts";
import { MAX_LIMIT } from "./query.ts";
import { collate } from "./symbols.ts";
import { gridOf, servedInterval, type Walk } from "./walk.ts";

/** A walk from its first page to its last: one timeframe of some symbols over `[start, end)`. */
export interface WalkRequest extends Interval {
  /** Upper case, none twice, one or more. */
  readonly symbols: readonly string[];
  /** One a walk. */
  readonly timeframe: Timeframe;
  /** 10,000 when absent, the most there is. */
  readonly limit?: number;
}

/** What walks cost under the rules of one simulator. Symbols are upper case, none twice; the feed is SIP. */
export interface WalkCosts {
  /**
   * The fewest requests that can bring all of `walks`, however they are cut: for each timeframe all that its bars are
   * charged, by `limit` a page, and one request at least.
   */
  leastRequests(walks: WalkRequest | readonly WalkRequest[]): number;
  /**
   * How many requests exactly this walk takes. Without intraday timeframes above `1Min` it only counts, and is fast.
   */
  requestsFor(walk: WalkRequest): number;
}

export function walkCosts(market: Market, knobs: Knobs, now: () => number): WalkCosts {
  const intervalOf = (walk: WalkRequest) => servedInterval(walk, "sip", now(), knobs);

  function countOf(walk: WalkRequest): { readonly bars: number; readonly charge: number } {
    const unit = isChargedInMinutes(walk.timeframe, knobs) ? "minutes" : "bars";
    const interval = intervalOf(walk);
    const grid = gridOf(knobs);
    const counts = walk.symbols.map((symbol) => market.count(symbol, walk.timeframe, interval, grid));
    return counts.reduce((sum, one) => ({ bars: sum.bars + one.bars, charge: sum.charge + one[unit] }), {
      bars: 0,
      charge: 0,
    });
  }

  /** Full pages, and the part of one that is left. A page holds one bar at least, however much that is charged. */
  function pagesOf(walk: WalkRequest, limit: number): number {
    const bounds = pageBounds(walk.timeframe, limit, { ...knobs, shortPages: "never" });
    const { bars, charge } = countOf(walk);
    return Math.min(bars, Math.max(bars / bounds.bars, charge / bounds.charge));
  }

  return {
    leastRequests(walks) {
      const pages = new Map<Timeframe, number>();
      for (const walk of [walks].flat() as readonly WalkRequest[]) {
        const { timeframe, limit = MAX_LIMIT } = walk;
        pages.set(timeframe, (pages.get(timeframe) ?? 0) + pagesOf(walk, limit));
      }
      return [...pages.values()].reduce((sum, count) => sum + Math.max(1, Math.ceil(count)), 0);
    },
    requestsFor(walk) {
      const { timeframe, limit = MAX_LIMIT } = walk;
      if (!isChargedInMinutes(timeframe, knobs) && knobs.emptyPages === "never") {
        // Every bar costs one, so that all pages but the last are full.
        const { charge } = countOf(walk);
        const bound = pageBounds(timeframe, limit, knobs).bars;
        const isLastFull = charge > 0 && charge % bound === 0;
        return Math.max(1, Math.ceil(charge / bound)) + (isLastFull && knobs.tokenOnFullLastPage ? 1 : 0);
      }
      const symbols = collate(walk.symbols, knobs.collation);
      return countPages({ symbols, timeframe, interval: intervalOf(walk), limit, order: "asc", now: now() });
    },
  };

  function countPages(walk: Walk): number {
    let page = cutPage(market, walk, knobs);
    let pages = 1;
    for (; page.next !== undefined; pages++) page = cutPage(market, walk, knobs, page.next);
    return pages;
  }
}
