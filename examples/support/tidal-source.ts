// A source of your own: one method that answers one request, and says what the answer settles.
import { type BarSource, type Series, SourceRejectedError } from "barfill";

const HOUR_MS = 3_600_000;

/** A made-up exchange with bars of an hour, that answers one symbol a request, without pages, around the clock. */
export const tidal: BarSource = {
  provider: "tidal",
  feed: "floor",
  limits: {
    pageSize: 1440,
    chargedInMinutes: [],
    symbolsPerRequest: 1,
    symbolBytes: 1000,
    historyStart: Date.UTC(2020, 0, 1),
    withheldTailMs: 60_000,
    hours: "always",
    dayAnchor: "unknown",
  },
  async fetchPage({ symbols, timeframe, feed, adjustment, interval }, { signal } = {}) {
    // A real one passes the signal on to `fetch`.
    signal?.throwIfAborted();
    if (timeframe !== "1Hour") throw new SourceRejectedError(`tidal has bars of an hour, and none of ${timeframe}`);
    const [symbol = ""] = symbols;
    const series: Series = { provider: "tidal", symbol, timeframe, feed, adjustment };
    const bars = [];
    const firstOpen = Math.ceil(interval.start / HOUR_MS) * HOUR_MS;
    for (let openTime = firstOpen; openTime < interval.end; openTime += HOUR_MS) {
      const level = 10 + Math.sin(openTime / 1e7);
      bars.push({ openTime, open: level, high: level + 0.1, low: level - 0.1, close: level, volume: 1 });
    }
    // No page follows, so the whole interval is settled: `next` is absent.
    return { bars: [{ series, bars }], covered: [{ series, interval }] };
  },
};
