import { marketData } from "@alpacahq/alpaca-trade-api/rest";
import type { BarSource } from "../../contracts/bar-source.ts";
import type { EpochMs } from "../../model/interval.ts";
import type { Feed } from "../../model/series.ts";
import type { Timeframe } from "../../model/timeframe.ts";
import { classShareSpelling } from "./class-share.ts";
import { configuration, symbolBytes } from "./configuration.ts";
import { type AlpacaStocksOptions, checkStocksOptions, DELAYED_SIP_MS, SETTLING_MS } from "./options.ts";
import { alpacaSource, MAKE_UP, PAGE_SIZE } from "./source.ts";

/** Observed: their pages are spent on the minute bars beneath, so that an hour's bars cost what its minutes cost. */
const CHARGED_IN_MINUTES: readonly Timeframe[] = ["5Min", "15Min", "30Min", "1Hour", "4Hour"];

/** SIP reaches back to 2016, IEX to mid 2020; before that answers are empty. */
const HISTORY_START: Readonly<Record<string, EpochMs>> = { iex: Date.UTC(2020, 6, 1) };
const SIP_START = Date.UTC(2016, 0, 1);

/**
 * US stocks from `GET /v2/stocks/bars`. Series are of provider `alpaca`.
 *
 * Retries and throttling of the SDK are off: they are barfill's.
 *
 * @throws {@link OptionsError} with every problem.
 * @see https://docs.alpaca.markets/reference/stockbars
 */
export function alpacaStocks(options: AlpacaStocksOptions): BarSource {
  checkStocksOptions(options);
  const feed: Feed = options.feed ?? "sip";
  const api = new marketData.StockApi(configuration(options));
  return alpacaSource({
    provider: "alpaca",
    feed,
    limits: {
      pageSize: PAGE_SIZE,
      chargedInMinutes: CHARGED_IN_MINUTES,
      // Nobody documents a bound on their number; the URL is what bounds them.
      symbolsPerRequest: Number.MAX_SAFE_INTEGER,
      symbolBytes: symbolBytes(options),
      historyStart: HISTORY_START[feed] ?? SIP_START,
      withheldTailMs: options.withheldTailMs ?? (feed === "sip" ? DELAYED_SIP_MS : SETTLING_MS),
      hours: "nyse",
      dayAnchor: "new-york",
      makeUp: MAKE_UP,
    },
    respelled: classShareSpelling,
    async send(query, { feed, adjustment }, init) {
      const asked = feed as marketData.StockHistoricalFeed;
      return (await api.stockBarsRaw({ ...query, feed: asked, adjustment, sort: "asc" }, init)).raw;
    },
  });
}
