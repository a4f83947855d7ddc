import { classShareSpelling } from "../adapters/alpaca/class-share.ts";
import type { MarketSymbol } from "../model/names.ts";

/** Advice on how a symbol is spelled. */
export interface SymbolAdvice {
  readonly code: "dash-in-symbol";
  readonly message: string;
  /** What is refused costs a request or two, whatever else is asked. */
  readonly savesRequests: 0;
}

/** How Alpaca spells those of `symbols` that it would refuse for a dash; empty when there are none. */
export function symbolAdvice(symbols: readonly MarketSymbol[]): SymbolAdvice[] {
  const spellings = [...new Set(symbols)].sort().flatMap((symbol) => {
    const meant = classShareSpelling(symbol);
    return meant === undefined ? [] : [`${meant} for ${symbol}`];
  });
  if (spellings.length === 0) return [];
  return [
    {
      code: "dash-in-symbol",
      message: `Alpaca writes a class of shares with a dot, and refuses a dash: ${spellings.join(", ")}.`,
      savesRequests: 0,
    },
  ];
}
