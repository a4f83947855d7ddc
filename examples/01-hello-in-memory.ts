// One year of daily bars into memory, from a local Alpaca that needs no keys and no network.
import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const store = memoryStore();

const backfill = createBackfill({
  // With your own keys, and without `fetch`, this asks Alpaca itself.
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store,
  queue: memoryQueue(),
  requestsPerMinute: 10_000,
});

const report = await backfill.run({
  symbols: ["AAPL", "SPY", "VIX"],
  timeframes: ["1Day"],
  start: "2024-01-01",
  end: "2025-01-01",
});

console.log(`complete: ${report.complete}, ${report.bars} bars in ${report.requests} request`);
console.log(`without data: ${report.empty.map((series) => series.symbol).join(", ")}`);

const spy = report.wanted.find(({ series }) => series.symbol === "SPY");
if (spy !== undefined) {
  for await (const bar of store.read(spy.series, spy.interval)) {
    console.log(`first bar of SPY: ${new Date(bar.openTime).toISOString()} close ${bar.close}`);
    break;
  }
}

// Prints:
// complete: true, 504 bars in 1 request
// without data: VIX
// first bar of SPY: 2024-01-02T05:00:00.000Z close 173.11
