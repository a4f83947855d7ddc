import { DAY_MS } from "../../model/units.ts";
import { barSpan, type DayZone } from "../market/grid.ts";
import { isCrypto, type MarketBar } from "../market/market.ts";
import type { Knobs } from "./knobs.ts";
import { gridOf, type Walk } from "./walk.ts";

// Late trades revise recent bars for about half a minute.
const LATE_TRADES_MS = 30_000;

/**
 * Turns bars that are not final yet into what the service would say of them now: fewer trades, a narrower range,
 * another close. Final bars pass untouched.
 */
export function reviseRecent(
  { timeframe, now, interval }: Walk,
  knobs: Knobs,
): (bar: MarketBar, symbol: string) => MarketBar {
  const finalAt = now - (knobs.lateTrades === "revise" ? LATE_TRADES_MS : 0);
  const grid = gridOf(knobs);
  // No bar is longer than 32 days: spares old walks the look at every bar.
  if (interval.end < now - 32 * DAY_MS) return (bar) => bar;
  return (bar, symbol) => {
    const zone: DayZone = isCrypto(symbol) ? grid.cryptoDay : "new-york";
    const { start, end } = barSpan(timeframe, bar.openTime, zone, grid);
    return end <= finalAt ? bar : partOf(bar, Math.min(0.97, (now - start) / (end - start)));
  };
}

/** What `share` of the bar's time has brought so far: a bar within the final one. */
function partOf(bar: MarketBar, share: number): MarketBar {
  const towards = (price: number) => Math.round((bar.open + (price - bar.open) * share) * 100) / 100;
  const close = towards(bar.close);
  const high = Math.max(bar.open, close, towards(bar.high));
  const low = Math.min(bar.open, close, towards(bar.low));
  const { tradeCount, vwap } = bar;
  return {
    ...bar,
    high,
    low,
    close,
    volume: Number.isInteger(bar.volume) ? Math.max(1, Math.floor(bar.volume * share)) : bar.volume * share,
    ...(tradeCount !== undefined && { tradeCount: Math.max(1, Math.floor(tradeCount * share)) }),
    ...(vwap !== undefined && { vwap: Math.min(high, Math.max(low, vwap)) }),
  };
}
