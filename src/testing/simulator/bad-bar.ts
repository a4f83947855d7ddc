import { nominalMs } from "../../model/timeframe.ts";
import type { MarketBar } from "../market/market.ts";
import type { BadBarKind } from "./faults.ts";
import type { Page } from "./page.ts";
import type { Walk } from "./walk.ts";

/** `page` with one bar mangled, or `undefined` when it has no series long enough for it. */
export function mangle(page: Page, walk: Walk, how: BadBarKind): Page | undefined {
  const needed = how === "out-of-order" ? 2 : 1;
  const victim = page.series.find(({ bars }) => bars.length >= needed);
  if (victim === undefined) return undefined;
  const bars = mangleBars(victim.bars, walk, how);
  return { ...page, series: page.series.map((series) => (series === victim ? { ...victim, bars } : series)) };
}

function mangleBars(bars: readonly MarketBar[], { timeframe, interval }: Walk, how: BadBarKind): MarketBar[] {
  const [bar, ...rest] = bars as readonly [MarketBar, ...MarketBar[]];
  switch (how) {
    case "high-below-low":
      return [{ ...bar, high: bar.low / 2 }, ...rest];
    case "not-finite":
      return [{ ...bar, close: Number.NaN }, ...rest];
    case "outside":
      return [{ ...bar, openTime: interval.start - nominalMs(timeframe) }, ...rest];
    case "repeated":
      return [bar, bar, ...rest];
    case "out-of-order": {
      const [second, ...others] = rest as [MarketBar, ...MarketBar[]];
      return [second, bar, ...others];
    }
  }
}
