import type { MarketSymbol } from "./names.ts";
import type { Timeframe } from "./timeframe.ts";

/**
 * The feeds of Alpaca: where the trades of a bar come from. Stocks: `sip` (all exchanges), `iex`, `otc`, `boats`
 * (overnight). Crypto: the location of the venue.
 */
export const FEEDS = ["sip", "iex", "otc", "boats", "us", "us-1", "us-2", "eu-1", "bs-1"] as const;
/** One of {@link FEEDS}, or of another source; holds no `|`. A source has one and names it in every series. */
export type Feed = (typeof FEEDS)[number] | (string & {});

/** What past prices are adjusted for. Combinations name their parts in the order split, dividend, spin-off. */
export const ADJUSTMENTS = [
  "raw",
  "split",
  "dividend",
  "spin-off",
  "split,dividend",
  "split,spin-off",
  "dividend,spin-off",
  "all",
] as const;
/** Which of {@link ADJUSTMENTS}; `all` is split, dividend and spin-off together. */
export type Adjustment = (typeof ADJUSTMENTS)[number];

/** Everything that makes two bars at the same instant different bars. */
export interface Series {
  /** Names the source; holds no `|`. */
  readonly provider: string;
  /** As the source spells it; may hold any character. */
  readonly symbol: MarketSymbol;
  /** Bars of another are other bars: none is rolled up from another. */
  readonly timeframe: Timeframe;
  /** Whose trades; two feeds of one symbol are two series. */
  readonly feed: Feed;
  /** Of past prices; raw and adjusted bars of one symbol are two series. */
  readonly adjustment: Adjustment;
}

/** One string a series, for use as a map key: equal exactly when the series are. */
export function seriesKey(series: Series): string {
  // The symbol comes last: it is the one part that may hold any character.
  return `${series.provider}|${series.timeframe}|${series.feed}|${series.adjustment}|${series.symbol}`;
}
