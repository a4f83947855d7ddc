// A worker is killed with SIGKILL in the middle of its pages and started again: it goes on where it was, and the bars
// in the folder are those of the market, one by one.
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { createBackfill, type Series } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { migrate, postgresQueue, postgresStore } from "barfill/postgres";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";

const SYMBOLS = ["AAPL", "MSFT", "SPY", "TSLA"];
const SPAN = { start: Date.UTC(2024, 0, 1), end: Date.UTC(2024, 2, 1) };
const market = syntheticMarket();

const [, , role, folder = ""] = process.argv;
if (role === "worker") await work(folder);
else await killAndResume();

/** Backfills into `folder`, and tells the parent of every request and of the end. */
async function work(folder: string): Promise<void> {
  const simulator = alpacaSimulator({ market, requestsPerMinute: 10_000 });
  const client = await PGlite.create(folder);
  await migrate(client);
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
    store: postgresStore({ client }),
    queue: postgresQueue({ client }),
    requestsPerMinute: 600,
    leaseMs: 1000,
    observer: (event) => void (event.type === "committed" && process.send?.("committed")),
  });
  const report = await backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], ...SPAN });
  await client.close();
  process.send?.({ complete: report.complete, requests: report.requests });
}

async function killAndResume(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "barfill-"));
  const start = () => fork(fileURLToPath(import.meta.url), ["worker", folder]);

  const first = start();
  for (let pages = 0; pages < 6; pages++) await once(first, "message");
  first.kill("SIGKILL");
  await once(first, "exit");
  console.log("killed after 6 pages");

  const second = start();
  let last: unknown;
  second.on("message", (message) => {
    last = message;
  });
  await once(second, "exit");
  const { complete, requests } = last as { complete: boolean; requests: number };
  const least = alpacaSimulator({ market }).leastRequests({ symbols: SYMBOLS, timeframe: "1Min", ...SPAN });
  console.log(`complete: ${complete}, with fewer than two requests too many: ${6 + requests < least + 2}`);

  const client = await PGlite.create(folder);
  const store = postgresStore({ client });
  for (const symbol of SYMBOLS) {
    const series: Series = { provider: "alpaca", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw" };
    const bars = [];
    for await (const bar of store.read(series, SPAN)) bars.push(bar);
    const truth = [...market.bars(symbol, "1Min", SPAN)].map(({ minutes: _, ...bar }) => bar);
    assert.deepEqual(bars, truth);
    console.log(`${symbol}: ${bars.length} bars, equal to the market's`);
  }
  await client.close();
  await rm(folder, { recursive: true });
}
