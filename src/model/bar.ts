import type { EpochMs } from "./interval.ts";
import type { Series } from "./series.ts";

/** Open, high, low, close and volume of one timeframe, named by the instant at which it opens. */
export interface Bar {
  readonly openTime: EpochMs;
  /** Prices in the series' currency. */
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  /** Shares or coins traded; a fraction for crypto. */
  readonly volume: number;
  /** Trades in the bar; absent where the source does not say. */
  readonly tradeCount?: number;
  /** Volume-weighted average price; absent where the source does not say. */
  readonly vwap?: number;
}

/** Bars of one series; may be empty. From a source ascending by `openTime`, none twice; a store takes any order. */
export interface SeriesBars {
  readonly series: Series;
  readonly bars: readonly Bar[];
}

/** One bar that the source sent and the store must not get. */
export interface BadBar {
  readonly series: Series;
  /** `NaN` when the time itself could not be read. */
  readonly openTime: EpochMs;
  /** What is wrong, as in `high 9 is below low 10`. */
  readonly issues: readonly string[];
}

/** True when both bars hold the same values. `NaN` equals nothing. */
export function sameBar(a: Bar, b: Bar): boolean {
  return (
    a.openTime === b.openTime &&
    a.open === b.open &&
    a.high === b.high &&
    a.low === b.low &&
    a.close === b.close &&
    a.volume === b.volume &&
    a.tradeCount === b.tradeCount &&
    a.vwap === b.vwap
  );
}
