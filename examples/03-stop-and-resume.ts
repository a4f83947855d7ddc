// Stops a backfill half way and goes on where it was: committed coverage is the checkpoint, and nothing is asked twice.
import { type BackfillRequest, createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const request: BackfillRequest = {
  symbols: ["AAPL", "MSFT", "SPY"],
  timeframes: ["1Min"],
  start: "2024-01-01",
  end: "2024-03-01",
};
const stop = new AbortController();
let pages = 0;

const backfill = createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: memoryStore(),
  queue: memoryQueue(),
  requestsPerMinute: 10_000,
  observer(event) {
    if (event.type === "committed" && ++pages === 5) stop.abort(new Error("five pages are enough for now"));
  },
});

try {
  await backfill.run(request, { signal: stop.signal });
} catch (error) {
  console.log(`stopped: ${(error as Error).message}`);
}
const half = await backfill.report(request);
for (const { series, state } of half.series) console.log(`${series.symbol}: ${state}`);

const before = simulator.stats.requests;
const report = await backfill.run(request);
console.log(
  `complete: ${report.complete}, ${simulator.stats.requests - before} more requests after the first ${before}`,
);
console.log(
  `at least ${simulator.leastRequests({ ...walk(), timeframe: "1Min" })} would have been needed without the stop`,
);

function walk() {
  return { symbols: request.symbols, start: Date.parse("2024-01-01"), end: Date.parse("2024-03-01") };
}
