import type { EpochMs } from "../model/interval.ts";

/** A symbol that the source refused by name. */
export interface QuarantinedSymbol {
  readonly provider: string;
  readonly symbol: string;
  /** The source's own words. */
  readonly reason: string;
  readonly since: EpochMs;
}

/** The symbols that are left out of every plan until they are lifted. */
export interface Quarantine {
  add(entry: QuarantinedSymbol): Promise<void>;
  /** All entries of `provider`, by symbol. */
  list(provider: string): Promise<readonly QuarantinedSymbol[]>;
  /** Lets the symbols be asked for again; returns how many were in quarantine. */
  lift(provider: string, symbols: readonly string[]): Promise<number>;
}
