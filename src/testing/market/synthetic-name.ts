import { type DayNumber, parseDay } from "../../model/new-york.ts";
import { HASH_RANGE, hashText, mixAt } from "./hash.ts";
import { isCrypto } from "./market.ts";

/** When a symbol trades; New York dates, `YYYY-MM-DD`. */
export interface Listing {
  /** The first day with bars. */
  readonly listedOn?: string;
  /** The first day without bars again. */
  readonly delistedOn?: string;
}

/** What the synthetic market derives from a symbol alone. */
export interface SyntheticName {
  readonly crypto: boolean;
  readonly seed: number;
  /** Share of the regular minutes that hold a trade, 0 to 1. */
  readonly regularShare: number;
  /** The same for the extended hours. */
  readonly extendedShare: number;
  /** Share of the days that hold a trade. */
  readonly dayShare: number;
  /** About where the price stays, in cents. */
  readonly baseCents: number;
  /** Days with bars: `[listed, delisted)`. */
  readonly listed: DayNumber;
  readonly delisted: DayNumber;
}

/** Names that are thick under every seed, and what the market lists when nothing else is asked for. */
export const LIQUID_SYMBOLS = ["AAPL", "AMZN", "BAC", "IBM", "IWM", "MSFT", "NVDA", "QQQ", "SPY", "TSLA"] as const;

// A liquid name has 2.35 times its 390 regular minutes with extended hours: 526 of the 570 others.
const LIQUID_EXTENDED_SHARE = 526 / 570;
const FIRST_DAY = "1998-01-01";
const NEVER = "2100-01-01";

export function syntheticName(
  symbol: string,
  marketSeed: number,
  { listedOn = FIRST_DAY, delistedOn = NEVER }: Listing = {},
  share = shareOf(symbol),
): SyntheticName {
  const seed = hashText(symbol, marketSeed);
  return {
    crypto: isCrypto(symbol),
    seed,
    regularShare: share,
    // Who trades little trades next to nothing before and after hours.
    extendedShare: share * share * LIQUID_EXTENDED_SHARE,
    dayShare: 1 - (1 - share) ** 390,
    baseCents: 500 * 100 ** (mixAt(seed, 0) / HASH_RANGE),
    listed: parseDay(listedOn),
    delisted: parseDay(delistedOn),
  };
}

/** Half of all names trade every minute; the others ever less, down to a few trades a year. */
function shareOf(symbol: string): number {
  if (LIQUID_SYMBOLS.some((liquid) => liquid === symbol)) return 1;
  const rank = hashText(symbol, 0) / HASH_RANGE;
  return rank < 0.5 ? 1 : (2 * (1 - rank)) ** 3;
}
