// Bars in Postgres: the tables are made, a backfill fills them, and SQL reads them.
import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { migrate, postgresQuarantine, postgresQueue, postgresStore } from "barfill/postgres";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";
import pg from "pg";
import { openDatabase } from "./support/database.ts";

const database = await openDatabase();
const client = new pg.Pool({ connectionString: database.url });
const schema = "barfill_example";
await client.query(`drop schema if exists ${schema} cascade`);
const applied = await migrate(client, { schema });
console.log(`migrations applied: ${applied.join(", ")}`);

const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const report = await createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: postgresStore({ client, schema }),
  queue: postgresQueue({ client, schema }),
  quarantine: postgresQuarantine({ client, schema }),
  requestsPerMinute: 10_000,
}).run({ symbols: ["AAPL", "SPY"], timeframes: ["1Day"], start: "2024-01-01", end: "2025-01-01" });
console.log(`complete: ${report.complete}`);

const { rows } = await client.query(
  `select symbol, count(*)::int as bars, min(open_time) as first, max(high) as high
   from ${schema}.bars_readable group by symbol order by symbol`,
);
for (const { symbol, bars, first, high } of rows) {
  console.log(`${symbol}: ${bars} bars from ${first.toISOString()}, never above ${high}`);
}

await client.end();
await database.close();
