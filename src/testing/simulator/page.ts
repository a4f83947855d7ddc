import { isIntraday, type Timeframe } from "../../model/timeframe.ts";
import { hashText, mixAt } from "../market/hash.ts";
import type { Market, MarketBar } from "../market/market.ts";
import type { Knobs } from "./knobs.ts";
import { nudge, type PageToken } from "./page-token.ts";
import { MAX_LIMIT, tokenUnit } from "./query.ts";
import { reviseRecent } from "./recent-bars.ts";
import { barsOfWalk, gridOf, type Walk } from "./walk.ts";

/** One page of a walk. */
export interface Page {
  /** Symbols with bars only; may be empty, in the middle of a walk too. */
  readonly series: readonly { readonly symbol: string; readonly bars: readonly MarketBar[] }[];
  readonly bars: number;
  /** What the page was charged: bars, or the minute bars beneath them. */
  readonly charged: number;
  /** Where the next page goes on; absent on the last one. */
  readonly next?: PageToken;
}

/** True when pages are charged the minutes beneath the bars. */
export function isChargedInMinutes(timeframe: Timeframe, knobs: Knobs): boolean {
  return knobs.pageCharge === "minutes" && timeframe !== "1Min" && isIntraday(timeframe);
}

/** The most that a page holds. */
export function pageBounds(timeframe: Timeframe, limit: number, knobs: Knobs) {
  const held = (most: number) => (knobs.shortPages === "half" ? Math.max(1, Math.floor(most / 2)) : most);
  const isFixed = isChargedInMinutes(timeframe, knobs) && knobs.pageChargeBelowMaxLimit === "fixed";
  return { bars: held(limit), charge: held(isFixed ? MAX_LIMIT : limit) };
}

/**
 * The page of `walk` that follows `token`, the first one without it. A page ends before the bar that would take it past
 * its bounds, but holds at least one.
 */
export function cutPage(market: Market, walk: Walk, knobs: Knobs, token?: PageToken): Page {
  if (token !== undefined && knobs.emptyPages === "sometimes" && isEmptied(token)) {
    return { series: [], bars: 0, charged: 0, next: nudge(token, walk.order) };
  }
  const inMinutes = isChargedInMinutes(walk.timeframe, knobs);
  const bounds = pageBounds(walk.timeframe, walk.limit, knobs);
  const revise = reviseRecent(walk, knobs);
  const series: { symbol: string; bars: MarketBar[] }[] = [];
  let bars = 0;
  let charged = 0;
  const first = token === undefined ? 0 : walk.symbols.indexOf(token.symbol);

  for (const symbol of walk.symbols.slice(first)) {
    const held: MarketBar[] = [];
    for (const bar of barsOfWalk(market, walk, symbol, gridOf(knobs), token)) {
      const cost = inMinutes ? bar.minutes : 1;
      if (bars > 0 && (bars + 1 > bounds.bars || charged + cost > bounds.charge)) {
        return { series, bars, charged, ...nextOf(series, walk) };
      }
      if (held.length === 0) series.push({ symbol, bars: held });
      held.push(revise(bar, symbol));
      bars++;
      charged += cost;
    }
  }
  const isFull = bars > 0 && (bars === bounds.bars || charged === bounds.charge);
  return { series, bars, charged, ...(isFull && knobs.tokenOnFullLastPage && nextOf(series, walk)) };
}

function nextOf(series: Page["series"], { timeframe }: Walk): { next?: PageToken } {
  const last = series.at(-1);
  const openTime = last?.bars.at(-1)?.openTime;
  if (last === undefined || openTime === undefined) return {};
  return { next: { symbol: last.symbol, unit: tokenUnit(timeframe), time: { ms: openTime, nanos: 0 } } };
}

/** Every fourth place or so, and never the place beside one, so that a walk gets on. */
function isEmptied({ symbol, time }: PageToken): boolean {
  return time.nanos === 0 && mixAt(hashText(symbol, 0), time.ms / 1000) % 4 === 0;
}
