// Runs on every runtime that barfill names: every entry is there, and a backfill ends with every bar.
import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const report = await createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: memoryStore(),
  queue: memoryQueue(),
  requestsPerMinute: 10_000,
}).run({ symbols: ["AAPL", "SPY"], timeframes: ["1Day"], start: "2024-01-01", end: "2025-01-01" });

console.log(JSON.stringify({ complete: report.complete, bars: report.bars }));
