import type { EpochMs, Interval } from "../../src/model/interval.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { type BarGrid, DEFAULT_GRID } from "../../src/testing/market/grid.ts";
import { type Market, type MarketBar, syntheticMarket } from "../../src/testing/market/index.ts";

/** `OLD` became `NEW` on a Thursday: the one has bars before, the other from then on. */
const RENAMED_ON = "2023-06-01";
const SHARES: Readonly<Record<string, number>> = { THIN: 0.05, RARE: 0.002, SOME: 0.4, "BRK.B": 0.7, "DOGE/USD": 0.1 };

/** One for all seeds: working out the sessions of a year takes longer than a whole seed. */
export const MARKET = syntheticMarket({
  seed: 5,
  unknown: ["VIX", "XYZW", "XXX/USD"],
  listings: { OLD: { delistedOn: RENAMED_ON }, NEW: { listedOn: RENAMED_ON } },
  minuteShare: (symbol) => SHARES[symbol] ?? 1,
});

/** From `at` on, the bars of `symbol` that open in `within` have other values. */
export interface Revision {
  readonly symbol: string;
  readonly timeframe: Timeframe;
  readonly within: Interval;
  readonly at: EpochMs;
}

/** {@link MARKET} as it is revised in the course of time. */
export function revisedMarket(revisions: readonly Revision[], now: () => EpochMs): Market {
  return {
    ...MARKET,
    *bars(symbol, timeframe, interval, grid) {
      const mine = revisions.filter((one) => one.symbol === symbol && one.timeframe === timeframe && one.at <= now());
      for (const bar of MARKET.bars(symbol, timeframe, interval, grid)) {
        yield revisedBy(bar, mine.filter(({ within }) => isWithin(bar, within)).length);
      }
    },
  };
}

/** Every value that the service has ever had for the bars of one series, the first one first; none twice. */
export function versionsOf(
  revisions: readonly Revision[],
  symbol: string,
  timeframe: Timeframe,
  interval: Interval,
  grid: BarGrid = DEFAULT_GRID,
): { readonly openTime: EpochMs; readonly versions: readonly MarketBar[] }[] {
  const mine = revisions.filter((one) => one.symbol === symbol && one.timeframe === timeframe);
  return [...MARKET.bars(symbol, timeframe, interval, grid)].map((bar) => {
    const times = mine.filter(({ within }) => isWithin(bar, within)).length;
    return { openTime: bar.openTime, versions: Array.from({ length: times + 1 }, (_, i) => revisedBy(bar, i)) };
  });
}

function isWithin({ openTime }: MarketBar, { start, end }: Interval): boolean {
  return openTime >= start && openTime < end;
}

function revisedBy(bar: MarketBar, times: number): MarketBar {
  return times === 0 ? bar : { ...bar, volume: bar.volume + times, high: bar.high + times };
}
