// A store of your own: barfill fills a SQLite database, and plain SQL reads it.
import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue } from "barfill/memory";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";
// By default import: the package is CommonJS, and Node sees none of its names.
import sqlite from "node-sqlite3-wasm";
import { sqliteStore } from "./support/sqlite-store.ts";

// In memory. A path makes it a file, and the next start goes on where this one ended.
const db = new sqlite.Database(":memory:");

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const backfill = createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: sqliteStore(db),
  queue: memoryQueue(),
  requestsPerMinute: 10_000,
});
const request = {
  symbols: ["AAPL", "SPY", "VIX"],
  timeframes: ["1Day"],
  start: "2024-01-01",
  end: "2025-01-01",
} as const;

const report = await backfill.run(request);
console.log(`complete: ${report.complete}, ${report.bars} bars in ${report.requests} request`);

const held = db.all(`
  select symbol,
    (select count(*) from bars where series_id = id) as bars,
    date(min(span_start) / 1000, 'unixepoch') as "from",
    date(max(span_end) / 1000, 'unixepoch') as "to"
  from series join coverage on series_id = id
  group by id order by symbol`);
for (const { symbol, bars, from, to } of held) console.log(`${symbol}: ${bars} bars, covered from ${from} to ${to}`);

const again = await backfill.run(request);
console.log(`again: ${again.requests} requests, for all of it is covered`);
db.close();

// Prints:
// complete: true, 504 bars in 1 request
// AAPL: 252 bars, covered from 2024-01-01 to 2025-01-01
// SPY: 252 bars, covered from 2024-01-01 to 2025-01-01
// VIX: 0 bars, covered from 2024-01-01 to 2025-01-01
// again: 0 requests, for all of it is covered
