/**
 * How Alpaca spells a class of shares that is written behind a dash: `BRK.B` for `BRK-B`, as others write it;
 * `undefined` for all else. For preferred shares it has other words, not only another sign: `BAC-PL` is `BAC.PRL`.
 */
export function classShareSpelling(symbol: string): string | undefined {
  return /^[A-Z]+-[A-Z]$/.test(symbol) ? symbol.replace("-", ".") : undefined;
}
