// A source of your own: one method that answers one request, and says what the answer settles.
import { type BarSource, createBackfill, type Series } from "barfill";
import { memoryQueue, memoryStore } from "barfill/memory";

const MINUTE_MS = 60_000;

/** A made-up exchange that answers one symbol a request, without pages, and rounds the clock. */
const tidal: BarSource = {
  provider: "tidal",
  feed: "floor",
  limits: {
    pageSize: 1440,
    chargedInMinutes: [],
    symbolsPerRequest: 1,
    symbolBytes: 1000,
    historyStart: Date.UTC(2020, 0, 1),
    withheldTailMs: MINUTE_MS,
    hours: "always",
    dayAnchor: "unknown",
  },
  async fetchPage({ symbols, timeframe, feed, adjustment, interval }) {
    const [symbol = ""] = symbols;
    const series: Series = { provider: "tidal", symbol, timeframe, feed, adjustment };
    const bars = [];
    for (let openTime = interval.start; openTime < interval.end; openTime += 60 * MINUTE_MS) {
      const level = 10 + Math.sin(openTime / 1e7);
      bars.push({ openTime, open: level, high: level + 0.1, low: level - 0.1, close: level, volume: 1 });
    }
    // No page follows, so the whole interval is settled: `next` is absent.
    return { bars: [{ series, bars }], covered: [{ series, interval }] };
  },
};

const backfill = createBackfill({ source: tidal, store: memoryStore(), queue: memoryQueue(), requestsPerMinute: 6000 });
const report = await backfill.run({
  symbols: ["EBB", "FLOW"],
  timeframes: ["1Hour"],
  start: "2024-01-01",
  end: "2024-01-08",
});
console.log(`complete: ${report.complete}, ${report.bars} bars in ${report.requests} requests`);
