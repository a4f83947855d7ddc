import { afterAll, beforeAll, expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { loadJobs, migrate, postgresQueue, postgresStore, saveJobs } from "../../src/adapters/postgres/index.ts";
import { createBackfill, defineJobs } from "../../src/index.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";
import { SEED_QUERY, SEED_SYMBOLS } from "../adapters/postgres/seed-system.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

test("the workload of the system that barfill replaces, and its query, unchanged, on what that left", async () => {
  const { client } = database;
  const schema = "public";
  await migrate(client, { schema });
  const windowDays = { m15: 90, h1: 365, h4: 180, d1: 730 };
  await saveJobs(client, defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays }), { schema });

  const requestsPerMinute = 10_000;
  const simulator = alpacaSimulator({ market: syntheticMarket({ minuteShare: () => 0.5 }), requestsPerMinute });
  const server = await simulator.serve();
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl: server.url }),
    store: postgresStore({ client, schema }),
    queue: postgresQueue({ client, schema }),
    requestsPerMinute,
  });
  const jobs = await loadJobs(client, { schema });
  const queued = await backfill.tick(jobs);
  expect(queued).toBeGreaterThan(10);
  expect(await backfill.work()).toMatchObject({ ended: "drained" });
  const counts = await backfill.status();
  expect(counts.map(({ state }) => state)).toEqual(["success", "success"]);
  expect(counts.reduce((sum, { runs }) => sum + runs, 0)).toBe(queued);
  await server.close();

  const { rows } = await client.query<{ symbol: string; success: string; total_bars: string }>(SEED_QUERY);
  const found = rows
    .map(({ symbol, success, total_bars }) => ({ symbol, success: Number(success), bars: Number(total_bars) }))
    .sort((a, b) => (a.symbol < b.symbol ? -1 : 1));
  process.stdout.write(`${JSON.stringify(found)}\n`);
  expect(found.map(({ symbol }) => symbol)).toEqual(["US_BATCH_1", "US_BATCH_2"]);
  for (const [i, { success, bars }] of [
    { success: 5, bars: 2500 },
    { success: 5, bars: 550 },
  ].entries()) {
    expect(found[i]?.success).toBeGreaterThanOrEqual(success);
    expect(found[i]?.bars).toBeGreaterThanOrEqual(bars);
  }

  // The bars that runs say they wrote are the bars that are there, of all symbols but the one that is no stock.
  const stored = await client.query<{ bars: string; symbols: string }>(
    "select count(*) as bars, count(distinct symbol) as symbols from bars_readable",
  );
  expect(Number(stored.rows[0]?.bars)).toBe(found.reduce((sum, { bars }) => sum + bars, 0));
  expect(Number(stored.rows[0]?.symbols)).toBe(SEED_SYMBOLS.length - 1);
}, 240_000);
