export { alpacaCrypto } from "./crypto.ts";
export type { AlpacaCryptoOptions, AlpacaKeys, AlpacaOptions, AlpacaStocksOptions } from "./options.ts";
export { alpacaStocks } from "./stocks.ts";
export { ALPACA_SUBSCRIPTIONS, type AlpacaSubscription } from "./subscriptions.ts";
