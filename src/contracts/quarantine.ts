import type { EpochMs } from "../model/interval.ts";

/** A symbol that the source refused by name. */
export interface QuarantinedSymbol {
  readonly provider: string;
  readonly symbol: string;
  /** The source's own words. */
  readonly reason: string;
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
  lift(provider: string, symbols: readonly string[]): Promise<number>;
}
