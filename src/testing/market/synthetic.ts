import type { Interval } from "../../model/interval.ts";
import { isIntraday, type Timeframe } from "../../model/timeframe.ts";
import { type BarGrid, DEFAULT_GRID } from "./grid.ts";
import { isCrypto, type Market } from "./market.ts";
import { countDayBars, dayBars } from "./synthetic-days.ts";
import { countMinuteBars, minuteBars } from "./synthetic-minutes.ts";
import { LIQUID_SYMBOLS, type Listing, syntheticName } from "./synthetic-name.ts";
import { tradingDays } from "./trading-days.ts";

/** Which made-up market; the same options make the same one. */
export interface SyntheticMarketOptions {
  /** Whole number; another seed is another market. 1 when absent. */
  readonly seed?: number;
  /** What the list of assets names. Bars exist for every symbol all the same, save the unknown ones. */
  readonly symbols?: readonly string[];
  /** Symbols without any data; `VIX` when absent. */
  readonly unknown?: readonly string[] | ((symbol: string) => boolean);
  /** First and last days by symbol; others trade from 1998-01-01 on. */
  readonly listings?: Readonly<Record<string, Listing>>;
  /**
   * The share of the regular minutes that hold a trade, 0 to 1: `() => 1` makes every name thick. Where it is absent
   * or returns `undefined`, the symbol's hash decides: half of all names are thick, the others ever thinner.
   */
  readonly minuteShare?: (symbol: string) => number | undefined;
}

/**
 * A made-up market for any symbol and any range since 1998, the same for the same seed, computed on demand.
 *
 * Stocks trade in the sessions of the NYSE with extended hours, pairs (`BTC/USD`) around the clock. Minutes without a
 * trade have no bar. Intraday bars are true roll-ups of the one-minute bars; weeks and months are roll-ups of days.
 * Days come straight from a hash and do not equal the roll-up of their minutes: a century of days is to be cheap.
 */
export function syntheticMarket({
  seed = 1,
  symbols = LIQUID_SYMBOLS,
  unknown = ["VIX"],
  listings = {},
  minuteShare,
}: SyntheticMarketOptions = {}): Market {
  const sessionOn = tradingDays();
  const unknowns = typeof unknown === "function" ? unknown : (symbol: string) => unknown.includes(symbol);
  const listingOf = new Map(Object.entries(listings));
  const nameOf = (symbol: string) => syntheticName(symbol, seed, listingOf.get(symbol), minuteShare?.(symbol));

  return {
    bars(symbol, timeframe, interval, grid = DEFAULT_GRID) {
      if (isNothing(symbol, interval)) return [];
      const name = nameOf(symbol);
      return isIntraday(timeframe)
        ? minuteBars(name, sessionOn, timeframe, interval, grid)
        : dayBars(name, sessionOn, timeframe, interval, zoneOf(symbol, grid));
    },
    count(symbol, timeframe, interval, grid = DEFAULT_GRID) {
      if (isNothing(symbol, interval)) return { bars: 0, minutes: 0 };
      return countOf(symbol, timeframe, interval, grid);
    },
    assets: () =>
      symbols.map((symbol) => ({
        symbol,
        class: isCrypto(symbol) ? "crypto" : "us_equity",
        status: listingOf.get(symbol)?.delistedOn === undefined ? "active" : "inactive",
      })),
  };

  function isNothing(symbol: string, interval: Interval): boolean {
    return interval.end <= interval.start || unknowns(symbol);
  }

  function countOf(symbol: string, timeframe: Timeframe, interval: Interval, grid: BarGrid) {
    const name = nameOf(symbol);
    if (isIntraday(timeframe)) return countMinuteBars(name, sessionOn, timeframe, interval, grid);
    const bars = countDayBars(name, sessionOn, timeframe, interval, zoneOf(symbol, grid));
    return { bars, minutes: bars };
  }
}

function zoneOf(symbol: string, grid: BarGrid) {
  return isCrypto(symbol) ? grid.cryptoDay : "new-york";
}
