import type { Bar } from "../../model/bar.ts";
import type { Interval } from "../../model/interval.ts";
import type { Timeframe } from "../../model/timeframe.ts";
import type { BarGrid } from "./grid.ts";

/** A bar, and what it weighs on a page. */
export interface MarketBar extends Bar {
  /** The one-minute bars beneath an intraday bar, at least 1. Bars of a day and longer weigh 1. */
  readonly minutes: number;
}

/** What an interval holds of one symbol. */
export interface BarCount {
  /** Bars that open in the interval. */
  readonly bars: number;
  /** The sum of the bars' `minutes`. */
  readonly minutes: number;
}

/** One line of the service's list of assets. */
export interface MarketAsset {
  /** Upper case; a pair for crypto. */
  readonly symbol: string;
  /** Alpaca's word; `crypto` for pairs. */
  readonly class: "us_equity" | "crypto";
  /** `inactive` once it was delisted. */
  readonly status: "active" | "inactive";
}

/** What the simulator serves. The same question always gets the same answer. */
export interface Market {
  /**
   * The bars of `symbol` that open in `interval`, ascending, none twice; none for a symbol that the market does not
   * know. Bars of the future are in here too: the simulator cuts at its own clock.
   */
  bars(symbol: string, timeframe: Timeframe, interval: Interval, grid?: BarGrid): Iterable<MarketBar>;
  /** How many `bars` returns for the same arguments, without making them. */
  count(symbol: string, timeframe: Timeframe, interval: Interval, grid?: BarGrid): BarCount;
  /** All that the list names, in any order; bars may exist of more. */
  assets(): readonly MarketAsset[];
}

/** Crypto symbols are pairs, as `BTC/USD`; they trade around the clock. */
export function isCrypto(symbol: string): boolean {
  return symbol.includes("/");
}
