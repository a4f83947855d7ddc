// Workers in processes of their own, on one queue in Postgres: every run is worked once, and nobody talks to anybody.
// Workers share one allowance, so each gets its part of it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createBackfill, pageBudget } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { migrate, postgresQueue, postgresStore } from "barfill/postgres";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";
import pg from "pg";
import { openDatabase } from "./support/database.ts";

const WORKERS = 3;
const REQUESTS_PER_MINUTE = 6000;
const REQUEST = {
  symbols: ["AAPL", "AMZN", "GOOG", "META", "MSFT", "NVDA", "SPY", "TSLA"],
  timeframes: ["1Min"],
  start: "2023-01-01",
  end: "2024-01-01",
} as const;
const schema = "barfill_workers";

const [, , role, databaseUrl = "", sourceUrl = ""] = process.argv;
if (role === "worker") await work();
else await watch();

function backfillOn(client: pg.Pool, baseUrl: string) {
  return createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl }),
    store: postgresStore({ client, schema }),
    queue: postgresQueue({ client, schema }),
    requestsPerMinute: REQUESTS_PER_MINUTE / WORKERS,
    concurrency: 2,
    // Smaller slices than the default of 32 pages, so that there is something to share.
    planner: pageBudget({ pages: 8 }),
  });
}

async function work(): Promise<void> {
  const client = new pg.Pool({ connectionString: databaseUrl });
  const { runs } = await backfillOn(client, sourceUrl).work();
  await client.end();
  process.send?.(runs.filter(({ ending }) => ending === "success").map(({ slice }) => slice.id));
}

async function watch(): Promise<void> {
  const database = await openDatabase();
  await using server = await alpacaSimulator({
    market: syntheticMarket(),
    requestsPerMinute: REQUESTS_PER_MINUTE,
  }).serve();
  const client = new pg.Pool({ connectionString: database.url });
  await client.query(`drop schema if exists ${schema} cascade`);
  await migrate(client, { schema });

  const backfill = backfillOn(client, server.url);
  const queued = await backfill.enqueue(await backfill.plan(REQUEST));
  const worked = await Promise.all(
    Array.from({ length: WORKERS }, async () => {
      const child = fork(fileURLToPath(import.meta.url), ["worker", database.url, server.url]);
      const [ids] = await once(child, "message");
      return ids as string[];
    }),
  );
  // Not always as many as were queued: what waits is cut anew where the first pages show that another size is better.
  const ids = worked.flat();
  const done = (await backfill.status()).find(({ state }) => state === "success")?.runs;
  console.log(
    `${queued} runs queued, ${done} worked; ${worked.filter((own) => own.length > 0).length} workers had some`,
  );
  console.log(`each once: ${new Set(ids).size === ids.length && ids.length === done}`);
  console.log(`complete: ${(await backfill.report(REQUEST)).complete}`);

  await client.end();
  await database.close();
}
