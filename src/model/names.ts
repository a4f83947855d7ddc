// Flavours: any text goes in, so nobody casts; but what is known to be the one does not go in as the other.
declare const kind: unique symbol;

/** The name of a job, for people: `US_BATCH_1`. 1 to 100 characters, no `|`. Does not compile as a symbol. */
export type Label = string & { readonly [kind]?: "label" };

/** A ticker or pair as the source spells it: `SPY`, `BRK.B`, `BTC/USD`. Does not compile as a label. */
export type MarketSymbol = string & { readonly [kind]?: "symbol" };
