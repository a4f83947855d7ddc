/**
 * Bars of stocks and crypto, and the list of assets, from Alpaca.
 *
 * @module barfill/alpaca
 */

export { alpacaAssets } from "./assets.ts";
export { alpacaCrypto } from "./crypto.ts";
export type {
  AlpacaAssetsOptions,
  AlpacaCryptoOptions,
  AlpacaKeys,
  AlpacaOptions,
  AlpacaStocksOptions,
} from "./options.ts";
export { alpacaStocks } from "./stocks.ts";
export { ALPACA_SUBSCRIPTIONS, type AlpacaSubscription } from "./subscriptions.ts";
