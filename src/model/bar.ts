import type { EpochMs } from "./interval.ts";
import type { Series } from "./series.ts";

/** Open, high, low, close and volume of one timeframe, named by the instant at which it opens. */
export interface Bar {
  /** Inclusive, and exact: bars of one series are told apart by it. */
  readonly openTime: EpochMs;
  /** Prices in the series' currency. */
  readonly open: number;
  /**
   * Never below `low`. Against `open` and `close` nothing is checked: feeds leave odd trades out of the one or the
   * other.
   */
  readonly high: number;
  /** Never above `high`. */
  readonly low: number;
  /** The price of the last trade, which may have come long before the end. */
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
  /** Whose bars these are. */
  readonly series: Series;
  /** Each open time once in a source's answer; of two in a commit the later is kept. */
  readonly bars: readonly Bar[];
}

/** One bar that the source sent and the store must not get. */
export interface BadBar {
  /** The span around the bar stays uncovered in this series, and shows as a gap. */
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

/** The same bars strictly ascending, the later of two at the same open time; `bars` itself when they already are. */
export function ascending(bars: readonly Bar[]): readonly Bar[] {
  if (bars.every((bar, i) => i === 0 || (bars[i - 1] as Bar).openTime < bar.openTime)) return bars;
  const latest = new Map(bars.map((bar) => [bar.openTime, bar]));
  return [...latest.values()].sort((a, b) => a.openTime - b.openTime);
}
