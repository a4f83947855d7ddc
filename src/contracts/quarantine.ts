import type { EpochMs } from "../model/interval.ts";
import type { MarketSymbol } from "../model/names.ts";

/** A symbol that the source refused by name. */
export interface QuarantinedSymbol {
  /** The source that refused it; others may still be asked for it. */
  readonly provider: string;
  /** As it was asked for. */
  readonly symbol: MarketSymbol;
  /** The source's own words. */
  readonly reason: string;
  /** Inclusive: when it was refused, on the backfill's clock. */
  readonly since: EpochMs;
  /** From this instant on the symbol is asked for again by itself; absent: not before it is lifted. */
  readonly until?: EpochMs;
}

/** The symbols that are left out of every plan until they are lifted or their time is over. */
export interface Quarantine {
  /**
   * Keeps `entry`. A symbol that is in already keeps its entry, unless that one was over when this one begins
   * (`until <= since`): then this one takes its place.
   */
  add(entry: QuarantinedSymbol): Promise<void>;
  /** All entries of `provider`, by symbol, those that are over included: a quarantine has no clock. */
  list(provider: string): Promise<readonly QuarantinedSymbol[]>;
  /** Lets the symbols be asked for again; returns how many were in quarantine. */
  lift(provider: string, symbols: readonly MarketSymbol[]): Promise<number>;
}
