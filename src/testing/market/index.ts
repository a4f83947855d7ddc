export { type CsvMarket, csvMarket } from "./csv.ts";
export type { BarGrid } from "./grid.ts";
export type { BarCount, Market, MarketAsset, MarketBar } from "./market.ts";
export { type SyntheticMarketOptions, syntheticMarket } from "./synthetic.ts";
export type { Listing } from "./synthetic-name.ts";
