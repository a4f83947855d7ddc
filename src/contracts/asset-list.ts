import type { EpochMs } from "../model/interval.ts";
import type { MarketSymbol } from "../model/names.ts";

/** A symbol as the one who lists it knows it. */
export interface Asset {
  /** As the source of the bars spells it: `BRK.B`, `BTC/USD`. */
  readonly symbol: MarketSymbol;
  /** False once it was delisted. */
  readonly isListed: boolean;
  /** Inclusive; absent where the list does not say. */
  readonly listedAt?: EpochMs;
  /** Exclusive; absent where the list does not say. */
  readonly delistedAt?: EpochMs;
}

/**
 * Which symbols there are, those that were delisted included: all of them, in any order. Rejects when it is not known.
 */
export type AssetList = () => Promise<readonly Asset[]>;
