// Upper case, digits and punctuation, no underscore: wide enough for any ticker or pair, too narrow for a label. What
// the service does not know it refuses; that costs one request and one symbol.
const TICKER = /^(?=.*[A-Z0-9])[A-Z0-9.\-/:$^=+*!#@~]{1,32}$/;

/** What is expected in place of `symbol` where Alpaca can have none that is spelled so; `undefined` for all others. */
export function tickerExpected(symbol: string): string | undefined {
  return TICKER.test(symbol)
    ? undefined
    : "a ticker such as SPY, BRK.B or BTC/USD (upper case; a label is not a symbol)";
}
