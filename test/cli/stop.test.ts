// The command is stopped and killed in the middle of its pages, on a real postgres server and in a folder.
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { postgresQueue } from "../../src/adapters/postgres/index.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { type AlpacaSimulator, alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { command, freshFolder, startCommand } from "../support/command.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";

const SPAN = { start: "2023-01-01", end: "2024-01-01" };
const SYMBOLS = ["AAPL", "IBM", "MSFT", "SPY"];
const WISH = ["--symbols", SYMBOLS.join(), "--timeframes", "1Hour", "--start", SPAN.start, "--end", SPAN.end];
const PACE = ["--requests-per-minute", "60000", "--concurrency", "3", "--lease-ms", "1000"];
const RUN = ["run", ...WISH, ...PACE, "--pages", "8", "--json"];

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

/** Slow enough to be stopped in the middle. */
async function slowAlpaca(): Promise<{ simulator: AlpacaSimulator; url: string; least: number }> {
  const simulator = alpacaSimulator({
    market: syntheticMarket(),
    requestsPerMinute: 100_000,
    burst: 10_000,
    latencyMs: 60,
  });
  const { url } = await simulator.serve();
  const least = simulator.leastRequests({
    symbols: SYMBOLS,
    timeframe: "1Hour",
    start: Date.parse(SPAN.start),
    end: Date.parse(SPAN.end),
  });
  return { simulator, url, least };
}

const requests = (simulator: AlpacaSimulator, count: number) =>
  vi.waitUntil(() => simulator.stats.requests >= count, { timeout: 100_000, interval: 5 });

test("SIGTERM hands every lease back, unspent, and the next one goes on", async () => {
  const schema = database.freshSchema();
  const { simulator, url, least } = await slowAlpaca();
  const env = { DATABASE_URL: database.url, BARFILL_SCHEMA: schema, BARFILL_BASE_URL: url };
  await command(["migrate"], { env });
  const started = startCommand(RUN, { env });
  await requests(simulator, 12);
  started.child.kill("SIGTERM");
  const { code, stderr, json } = await started.ended;
  expect(code).toBe(2);
  expect(stderr).toContain("SIGTERM: handing back what is in hand");
  expect(json()).toMatchObject({ complete: false, stoppedBy: "SIGTERM" });
  expect(json().runs.returned).toBeGreaterThan(0);

  const { rows } = await database.client.query(
    `select status, count(*)::int as runs, max(attempt) as attempts, count(lease_token)::int as leases
     from ${schema}.job_runs where status <> 'success' group by status`,
  );
  expect(rows).toEqual([{ status: "queued", runs: expect.any(Number), attempts: 0, leases: 0 }]);

  const worked = await command(["work", ...PACE, "--json"], { env });
  expect(worked.code).toBe(0);
  expect(worked.json()).toMatchObject({ ended: "drained", left: { queued: 0, running: 0, failed: 0 } });
  expect((await command(["gaps", ...WISH], { env })).code).toBe(0);
  // Each of the slices in hand lost a page at most, and is cut in two where it is taken up.
  expect(simulator.stats.requests).toBeLessThanOrEqual(least + rows[0].runs + 2 * 3 + 8);
});

test("without a reader it hands back what is in hand, says nothing more, and does not look done", async () => {
  const schema = database.freshSchema();
  const { simulator, url } = await slowAlpaca();
  const env = { DATABASE_URL: database.url, BARFILL_SCHEMA: schema, BARFILL_BASE_URL: url };
  await command(["migrate"], { env });
  // Many slices: each tenth of them is said, and the first time it is nobody listens any more.
  const started = startCommand([...RUN, "--pages", "2"], { env });
  await requests(simulator, 1);
  started.child.stderr?.destroy();
  const { code, json } = await started.ended;
  expect(code).toBe(2);
  expect(json()).toMatchObject({ complete: false, stoppedBy: "SIGPIPE" });
  const { rows } = await database.client.query(
    `select count(*)::int as runs, max(attempt) as attempts, count(lease_token)::int as leases
     from ${schema}.job_runs where status <> 'success'`,
  );
  expect(rows).toEqual([{ runs: expect.any(Number), attempts: 0, leases: 0 }]);
  expect(rows[0].runs).toBeGreaterThan(0);

  const printed = startCommand(["status", "--json"], { env });
  printed.child.stdout?.destroy();
  expect(await printed.ended).toMatchObject({ code: 0, stderr: "" });
});

test("a worker that stays listens, works what is queued meanwhile, and ends when it is told to", async () => {
  const schema = database.freshSchema();
  const { url } = await slowAlpaca();
  const env = { DATABASE_URL: database.url, BARFILL_SCHEMA: schema, BARFILL_BASE_URL: url };
  await command(["migrate"], { env });
  const started = startCommand(["work", "--stay", "--json"], { env });
  const isSeen = (sql: string) =>
    vi.waitUntil(async () => (await database.client.query(sql)).rows.length > 0, { timeout: 100_000, interval: 20 });
  await isSeen(
    `select from pg_stat_activity where application_name = 'barfill' and query like '%"${schema}".listen_runs()%'`,
  );
  const queue = postgresQueue({ client: database.client, schema });
  const slice = sliceAt(0, { provider: "alpaca", symbols: ["SPY"], timeframe: "1Day" });
  await queue.enqueue([slice]);
  await isSeen(`select from ${schema}.job_runs where status = 'success'`);
  started.child.kill("SIGINT");
  const { code, json } = await started.ended;
  expect(code).toBe(0);
  expect(json()).toMatchObject({ ended: "stopped", stoppedBy: "SIGINT", runs: { success: 1 } });
});

test("killed with SIGKILL in a folder, it goes on where it was; nobody else gets in meanwhile", async () => {
  const folder = await freshFolder();
  const { simulator, url, least } = await slowAlpaca();
  const words = [...RUN, "--folder", folder, "--base-url", url];
  const first = startCommand(words);
  await requests(simulator, 12);
  const intruder = await command(["status", "--folder", folder, "--json"]);
  expect([intruder.code, intruder.json().error.code]).toEqual([1, "FOLDER_IN_USE"]);
  first.child.kill("SIGKILL");
  expect((await first.ended).code).toBeNull();

  const second = await command(words);
  expect(second.code).toBe(0);
  expect(second.json()).toMatchObject({ complete: true, gaps: [] });
  expect(second.json().requests).toBeLessThan(least);
  expect(simulator.stats.requests).toBeLessThanOrEqual(least + 20);
});
