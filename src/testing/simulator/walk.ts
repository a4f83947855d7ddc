import { type Interval, isEmpty } from "../../model/interval.ts";
import { nominalMs, type Timeframe } from "../../model/timeframe.ts";
import type { BarGrid } from "../market/grid.ts";
import type { Market, MarketBar } from "../market/market.ts";
import type { Knobs } from "./knobs.ts";
import type { PageToken } from "./page-token.ts";
import type { BarsQuery } from "./query.ts";
import type { WireTime } from "./wire-time.ts";

/** All bars that one request asks for, over all its pages. */
export interface Walk {
  /** In the order of the pages. */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  /** The opens that the service has of what was asked for: none of the future, may be empty. */
  readonly interval: Interval;
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly now: number;
}

// SIP reaches back to 2016, IEX to mid 2020; before that the answer is empty.
const HISTORY_START: Readonly<Record<string, number>> = { sip: Date.UTC(2016, 0, 1), iex: Date.UTC(2020, 6, 27) };

/** What of `interval` the service has at `now`. */
export function servedInterval(interval: Interval, feed: string, now: number, knobs: Knobs): Interval {
  const historyStart = knobs.history === "by-feed" ? HISTORY_START[feed] : undefined;
  return { start: Math.max(interval.start, historyStart ?? interval.start), end: Math.min(interval.end, now) };
}

/** Where bars open under these knobs. */
export function gridOf({ fourHourAnchor, cryptoDayAnchor }: Knobs): BarGrid {
  return { fourHour: fourHourAnchor, cryptoDay: cryptoDayAnchor };
}

export function walkOf(query: BarsQuery, now: number, knobs: Knobs): Walk {
  // Bars open on whole milliseconds, so that both inclusive ends round to them.
  const interval = { start: wholeMsFrom(query.start), end: query.end.ms + 1 };
  const { symbols, timeframe, limit, order } = query;
  return { symbols, timeframe, limit, order, now, interval: servedInterval(interval, query.feed, now, knobs) };
}

/** The bars of one symbol in the order of the walk, strictly after `token` where it is the symbol's own. */
export function barsOfWalk(
  market: Market,
  { timeframe, interval, order }: Walk,
  symbol: string,
  grid: BarGrid,
  token: PageToken | undefined,
): Iterable<MarketBar> {
  let { start, end } = interval;
  if (token?.symbol === symbol) {
    if (order === "asc") start = Math.max(start, token.time.ms + 1);
    else end = Math.min(end, wholeMsFrom(token.time));
  }
  if (isEmpty({ start, end })) return [];
  return order === "asc"
    ? market.bars(symbol, timeframe, { start, end }, grid)
    : descending(market, symbol, timeframe, { start, end }, grid);
}

/** Markets ascend; this takes them from the end in pieces, each twice as long as the one before. */
function* descending(
  market: Market,
  symbol: string,
  timeframe: Timeframe,
  { start, end }: Interval,
  grid: BarGrid,
): Generator<MarketBar> {
  let length = 1000 * nominalMs(timeframe);
  while (end > start) {
    const from = Math.max(start, end - length);
    yield* [...market.bars(symbol, timeframe, { start: from, end }, grid)].reverse();
    end = from;
    length *= 2;
  }
}

/** The first whole millisecond at or after `time`. */
function wholeMsFrom({ ms, nanos }: WireTime): number {
  return nanos > 0 ? ms + 1 : ms;
}
