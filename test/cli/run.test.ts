// What `barfill run` says of its own work: before it, and when it is over.
import { afterAll, beforeAll, expect, test } from "vitest";
import { migrate } from "../../src/adapters/postgres/index.ts";
import { duration } from "../../src/cli/text/words.ts";
import { MINUTE_MS } from "../../src/model/units.ts";
import { systemClock } from "../../src/system-clock.ts";
import { alpacaSimulator, type SimulatorServer, syntheticMarket } from "../../src/testing/index.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

/** A Wednesday, at ten in New York. */
const NOW = Date.UTC(2024, 0, 10, 15);
let aheadMs = 0;
const started = systemClock.now();
const clock = { ...systemClock, now: () => NOW + aheadMs + systemClock.now() - started };

let database: ServerDatabase;
let server: SimulatorServer;
beforeAll(async () => {
  database = await openServer();
  server = await alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 100_000, clock }).serve();
});
afterAll(async () => {
  await server.close();
  await database.close();
});

async function migrated() {
  const schema = database.freshSchema();
  await migrate(database.client, { schema });
  const env = { DATABASE_URL: database.url, BARFILL_SCHEMA: schema, BARFILL_BASE_URL: server.url };
  return { schema, env: { ...env, BARFILL_REQUESTS_PER_MINUTE: "60000" } };
}

test("without an end, bars that become final during the work are not missing from it", async () => {
  const { env, schema } = await migrated();
  const words = ["run", "--symbols", "SPY,IBM", "--timeframes", "m1", "--start", "2024-01-10", "--json"];
  // Between what it planned and its first request.
  const hear = (text: string) => {
    if (text.includes("expected")) aheadMs = 30 * MINUTE_MS;
  };
  const { code, json } = await typed(words, env, { clock, hear });
  expect(aheadMs).toBe(30 * MINUTE_MS);
  expect(json()).toMatchObject({ complete: true, gaps: [], withheld: [], runs: { success: 1 } });
  expect(code).toBe(0);

  // The next one finds them.
  const next = (await typed(words, env, { clock })).json();
  expect(next.bars).toBeGreaterThan(0);
  const { rows } = await database.client.query(`select count(*)::int as bars from ${schema}.bars`);
  expect(json().bars + next.bars).toBe(rows[0].bars);
});

test("of a timeframe that has no final bar yet it says so, and draws no map of 1970", async () => {
  const { env } = await migrated();
  const wish = ["--symbols", "SPY,IBM", "--timeframes", "1Min,1Week", "--start", "2024-01-10"];
  const line = "not yet: no bar of 1Week is final since the start of 2 series\n";
  expect(await typed(["run", ...wish], env, { clock })).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(line),
  });
  const { stdout } = await typed(["gaps", ...wish], env, { clock });
  expect(stdout).toContain(line);
  expect(stdout).not.toContain("1970");
  const future = await typed(["run", ...wish.slice(0, -1), "2024-01-12", "--json"], env, { clock });
  expect([future.code, future.json().error.issues[0].path]).toEqual([64, "--start"]);
});

test("what is left from before is counted among the requests that are expected, and the time that they take", async () => {
  const { env, schema } = await migrated();
  const wish = ["--symbols", "SPY,IBM", "--timeframes", "h1", "--start", "2023-01-01", "--end", "2024-01-01"];
  const first = await typed(["run", ...wish], env, { clock });
  const [, expected = ""] = /slices?, (\d+) requests? expected,/.exec(first.stderr) ?? [];
  // As after a stop in the middle: nothing of it is covered yet.
  await database.client.query(`delete from ${schema}.coverage`);
  await database.client.query(`update ${schema}.job_runs set status = 'failed'`);
  await typed(["retry"], env);
  const again = await typed(["run", ...wish], { ...env, BARFILL_REQUESTS_PER_MINUTE: "6000" }, { clock });
  expect(Number(expected)).toBeGreaterThan(1);
  expect(again.stderr).toContain(
    `0 new slices, 1 left from before, ${expected} requests expected at most, ${duration(10 * Number(expected))} at`,
  );
  expect(again.code).toBe(0);
});
