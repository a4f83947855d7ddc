import type { MarketSymbol } from "../model/names.ts";

/** Advice on how a symbol is spelled. */
export interface SymbolAdvice {
  readonly code: "dash-in-symbol";
  readonly message: string;
  /** What is refused costs a request or two, whatever else is asked. */
  readonly savesRequests: 0;
}

/** Others write the class of a share behind a dash: `BRK-B`. Preferred shares (`BAC-PL`) are other words, not only another sign. */
const CLASS = /^[A-Z]+-[A-Z]$/;

/** How Alpaca spells those of `symbols` that it would refuse for a dash; empty when there are none. */
export function symbolAdvice(symbols: readonly MarketSymbol[]): SymbolAdvice[] {
  const dashed = [...new Set(symbols)].filter((symbol) => CLASS.test(symbol)).sort();
  if (dashed.length === 0) return [];
  const spellings = dashed.map((symbol) => `${symbol.replace("-", ".")} for ${symbol}`);
  return [
    {
      code: "dash-in-symbol",
      message: `Alpaca writes a class of shares with a dot, and refuses a dash: ${spellings.join(", ")}.`,
      savesRequests: 0,
    },
  ];
}
