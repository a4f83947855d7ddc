// Every command as it is published, in a process of its own, on a real postgres server and a served simulator.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, migrations } from "../../src/adapters/postgres/index.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { alpacaSimulator, type SimulatorServer, syntheticMarket } from "../../src/testing/index.ts";
import { command, freshFolder } from "../support/command.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";

let database: ServerDatabase;
let server: SimulatorServer;
const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 100_000, burst: 10_000 });

beforeAll(async () => {
  database = await openServer();
  server = await simulator.serve();
});
afterAll(async () => {
  await server.close();
  await database.close();
});

const WISH = ["--symbols", "SPY,IBM,VIX", "--timeframes", "h1,1Day", "--start", "2023-06-01", "--end", "2023-09-01"];
const keys = { APCA_API_KEY_ID: "the-key-id", APCA_API_SECRET_KEY: "the-secret-key" };

/** A schema of its own, and the environment that names it. */
function fresh() {
  const schema = database.freshSchema();
  const rate = { BARFILL_REQUESTS_PER_MINUTE: "60000" };
  const env = { ...keys, ...rate, DATABASE_URL: database.url, BARFILL_BASE_URL: server.url, BARFILL_SCHEMA: schema };
  return { schema, env };
}

async function migrated() {
  const { schema, env } = fresh();
  await migrate(database.client, { schema });
  return { schema, env };
}

test("migrate applies what is missing, once; nothing works before", async () => {
  const { schema, env } = fresh();
  const before = await command(["status", "--json"], { env });
  expect([before.code, before.json().error.code]).toEqual([1, "NOT_MIGRATED"]);
  const made = await command(["migrate", "--json"], { env });
  expect(made).toMatchObject({ code: 0, stderr: "" });
  expect(made.json()).toEqual({ applied: migrations().map(({ version }) => version), schema });
  expect((await command(["migrate", "--json"], { env })).json()).toEqual({ applied: [], schema });
});

test("migrations prints the SQL that makes the same tables", async () => {
  const schema = database.freshSchema();
  const { code, stdout } = await command(["migrations", "--schema", schema]);
  expect(code).toBe(0);
  await database.client.query(stdout);
  const env = { DATABASE_URL: database.url };
  expect((await command(["migrate", "--schema", schema, "--json"], { env })).json()).toEqual({ applied: [], schema });
});

test("run fills, says what it did, and asks for nothing the second time", async () => {
  const { env, schema } = await migrated();
  const first = await command(["run", ...WISH, "--label", "NIGHT", "--json"], { env });
  const report = first.json();
  expect(first.code).toBe(0);
  expect(report).toMatchObject({ complete: true, gaps: [], withheld: [], runs: { failed: 0 } });
  const { rows } = await database.client.query(`select count(*)::int as n from ${schema}.bars`);
  expect(report.bars).toBe(rows[0].n);
  expect(report.empty.map((series: { symbol: string }) => series.symbol)).toContain("VIX");
  expect(first.stderr).toContain("budget");

  const again = await command(["run", ...WISH, "--json"], { env });
  expect([again.code, again.json().requests]).toEqual([0, 0]);

  // What the simulator made up counts as held; who asks Alpaca into the same tables is told.
  const alpaca = await command(["run", ...WISH, "--json"], { env: { ...env, BARFILL_BASE_URL: "" } });
  expect([alpaca.code, alpaca.json().requests]).toEqual([0, 0]);
  expect(alpaca.stderr).toContain(`was filled from ${server.url}, and what is held is not asked for again`);
  expect(again.stderr).not.toContain("filled from");

  const status = await command(["status", "--json"], { env });
  const { runs, bars } = status.json().counts[0];
  expect(status.json().counts).toEqual([{ label: "NIGHT", state: "success", runs, bars }]);
  expect(bars).toBe(report.bars);
  expect((await command(["status"], { env })).stdout).toMatch(/^label +queued +running +success/);

  const watched = await command(["status", "--watch", "--json"], { env });
  expect(watched.stdout.trim().split("\n")).toHaveLength(1);
});

test("plan asks the source for nothing, and needs neither keys nor a database", async () => {
  const before = simulator.stats.requests;
  const none = await command(["plan", ...WISH, "--json"], { env: {} });
  expect(none.code).toBe(0);
  expect(none.json()).toMatchObject({ requestsPerMinute: 200, certainty: "assumed", withheld: 0, quarantined: [] });
  expect(none.json().subscriptions.map((one: { name: string }) => one.name)).toEqual([
    "Basic",
    "broker",
    "Algo Trader Plus",
  ]);
  const { env } = await migrated();
  const listed = await command(["plan", ...WISH, "--slices", "--json"], { env });
  expect(listed.json().sliceList).toHaveLength(listed.json().slices);
  expect((await command(["plan", ...WISH], { env })).stdout).toContain("Algo Trader Plus");
  expect(simulator.stats.requests).toBe(before);
});

test("gaps ends with 2 while something is missing, names it, and draws it", async () => {
  const { env } = await migrated();
  await command(["run", ...WISH], { env });
  const wider = [...WISH.slice(0, -1), "2023-10-01"];
  const { code, json } = await command(["gaps", ...wider, "--json"], { env });
  expect(code).toBe(2);
  const { gaps, complete } = json();
  expect(complete).toBe(false);
  expect(gaps).toHaveLength(6);
  expect(gaps[0].intervals).toEqual([{ start: Date.parse("2023-09-01"), end: Date.parse("2023-10-01") }]);
  const drawn = await command(["gaps", ...wider, "--rows", "1"], { env });
  expect(drawn.stdout).toMatch(/^1Hour 2023-06-01 +2023-10-01/);
  expect(drawn.stdout).toMatch(/IBM +█+▒?·+ +75\.4 %\n… and 2 more, 0 covered/);
  expect(drawn.stdout).not.toContain("\x1b");
  expect((await command(["gaps", ...WISH], { env })).code).toBe(0);
});

test("a refused symbol is in quarantine until it is lifted", async () => {
  const { env } = await migrated();
  const wish = ["--symbols", "SPY,BRK-B", "--timeframes", "1Day", "--start", "2023-06-01", "--end", "2023-07-01"];
  expect((await command(["run", ...wish, "--quarantine-days", "3"], { env })).code).toBe(2);
  const listed = (await command(["quarantine", "list", "--json"], { env })).json();
  expect(listed.quarantined).toMatchObject([{ symbol: "BRK-B", provider: "alpaca" }]);
  const [{ since, until }] = listed.quarantined;
  expect(until - since).toBe(3 * DAY_MS);
  expect((await command(["quarantine", "list"], { env })).stdout).toMatch(
    /^BRK-B +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ +20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ +invalid symbol: BRK-B/m,
  );
  expect((await command(["quarantine", "lift", "BRK-B", "--json"], { env })).json()).toEqual({ lifted: 1 });
  expect((await command(["quarantine", "lift", "BRK-B"], { env })).code).toBe(1);
});

describe("runs that failed", () => {
  test("retry puts them back, cancel takes them out, work drains the rest", async () => {
    const { env, schema } = await migrated();
    await command(["run", ...WISH, "--label", "A"], { env });
    await database.client.query(`update ${schema}.job_runs set status = 'failed'`);
    const { rows } = await database.client.query(`select count(*)::int as n from ${schema}.job_runs`);
    const all = rows[0].n;
    expect((await command(["retry", "--timeframe", "d1", "--json"], { env })).json()).toEqual({ requeued: 1 });
    expect((await command(["cancel", "--json"], { env })).json().error.code).toBe("USAGE");
    expect((await command(["cancel", "--all", "--json"], { env })).json()).toEqual({ cancelled: 1 });
    expect((await command(["retry"], { env })).stdout).toBe(
      `${all - 1} failed run${all === 2 ? "" : "s"} back in the queue\n`,
    );
    const worked = await command(["work", "--json"], { env });
    expect(worked.code).toBe(0);
    expect(worked.json()).toMatchObject({
      ended: "drained",
      runs: { success: all - 1, failed: 0 },
      requests: 0,
      left: { queued: 0, running: 0, failed: 0 },
    });
  });
});

test("jobs come from the config file, are saved, listed, disabled, and run", async () => {
  const { env } = await migrated();
  const cwd = await freshFolder();
  await writeFile(join(cwd, "symbols.txt"), "SPY\nIBM MSFT\n");
  const jobs = [{ label: "US", symbols: "@symbols.txt", windowDays: { d1: 30, w1: 60 }, batchSize: 2 }];
  await writeFile(join(cwd, "barfill.config.json"), JSON.stringify({ $schema: "./x.json", jobs }));
  expect((await command(["jobs", "save", "--json"], { env, cwd })).json()).toEqual({ saved: 4 });
  expect((await command(["jobs", "disable", "US_1", "--timeframe", "1Week", "--json"], { env })).json()).toEqual({
    matched: 1,
    enabled: false,
  });
  const listed = (await command(["jobs", "list", "--json"], { env })).json().jobs;
  expect(listed.map(({ label, timeframe, enabled }: Record<string, unknown>) => [label, timeframe, enabled])).toEqual([
    ["US_1", "1Day", true],
    ["US_1", "1Week", false],
    ["US_2", "1Day", true],
    ["US_2", "1Week", true],
  ]);
  const saved = (await command(["run", "--saved", "--json"], { env })).json();
  expect(saved.complete).toBe(true);
  expect(saved.series).toHaveLength(4);
  // By the config: the disabled one too.
  const configured = (await command(["run", "--label", "US", "--json"], { env, cwd })).json();
  expect(configured.series).toHaveLength(6);

  await writeFile(join(cwd, "symbols.txt"), "SPY IBM");
  const fewer = await command(["jobs", "save"], { env, cwd });
  expect(fewer.stdout).toBe("2 jobs saved\n");
  expect(fewer.stderr.match(/US_\d 1\w+ is not in the config/g)).toHaveLength(2);
  expect(fewer.stderr).toContain("stays enabled: barfill jobs disable US_2 --timeframe 1Day");
});

test("a saved job that was written by hand, and cannot be planned, is left out and named; the others run", async () => {
  const { env, schema } = await migrated();
  const cwd = await freshFolder();
  const jobs = [{ label: "US", symbols: ["SPY"], windowDays: { d1: 30 } }];
  await writeFile(join(cwd, "barfill.config.json"), JSON.stringify({ jobs }));
  await command(["jobs", "save"], { env, cwd });
  await database.client.query(
    `insert into ${schema}.job_definitions (job_type, symbol, timeframe, window_days, symbols_array)
       values ('fetch_intraday', 'OLD_1', 'm15', 90, '"SPY"')`,
  );
  const listed = await command(["jobs", "list"], { env });
  expect(listed.stdout).toContain("job OLD_1 m15 is left out, it cannot be planned:");
  expect(listed.stdout).toContain('symbols: expected a list of symbols, received "SPY"');
  expect((await command(["jobs", "list", "--json"], { env })).json().refused).toMatchObject([
    { label: "OLD_1", timeframe: "m15", issues: [{ path: "symbols" }, { path: "timeframe" }] },
  ]);
  const { code, stderr, json } = await command(["run", "--saved", "--json"], { env });
  expect(json()).toMatchObject({ complete: true });
  expect(json().series).toHaveLength(1);
  // Complete for those that could be planned.
  expect(code).toBe(2);
  expect(stderr).toContain("timeframe: expected one of 1Min");
  const codes = ["gaps", "report", "plan"].map(async (name) => (await command([name, "--saved"], { env })).code);
  expect(await Promise.all(codes)).toEqual([2, 2, 0]);
});

describe("doctor", () => {
  test("finds everything well", async () => {
    const { env } = await migrated();
    const { code, json } = await command(["doctor", "--json"], { env });
    const { ok, checks } = json();
    expect([code, ok]).toEqual([0, true]);
    const states = Object.fromEntries(checks.map(({ name, state }: Record<string, string>) => [name, state]));
    expect(states).toEqual({
      config: "ok",
      credentials: "ok",
      subscription: "warning",
      rate: "warning",
      clock: "ok",
      database: "ok",
      "server version": "ok",
      tables: "ok",
      pooler: "ok",
    });
  });

  test("says what to do where there is trouble, and shows no secret", async () => {
    const strict = alpacaSimulator({ market: syntheticMarket(), credentials: { keyId: "other", secretKey: "other" } });
    const locked = await strict.serve();
    const url = new URL(database.url);
    url.password = "not-the-password";
    const env = { ...keys, DATABASE_URL: url.href, BARFILL_BASE_URL: locked.url };
    const { code, stdout } = await command(["doctor"], { env });
    await locked.close();
    expect(code).toBe(1);
    expect(stdout).toContain("PROBLEM  credentials");
    expect(stdout).toContain("Check the key id and the secret key");
    expect(stdout).toContain("PROBLEM  database");
    expect(stdout).toContain("Check the user and the password");
    expect(stdout).not.toMatch(/the-secret-key|the-key-id|not-the-password/);
    const unmigrated = await command(["doctor"], { env: { ...env, DATABASE_URL: database.url } });
    expect(unmigrated.stdout).toMatch(/tables +none in schema barfill\n +→ Run: barfill migrate/);
  });

  test("a role that may look at the tables, and no more, is told what it lacks", async () => {
    const { env, schema } = await migrated();
    const url = new URL(database.url);
    const name = database.freshSchema();
    await database.client.query(
      `create role ${name} login password 'pw'; grant usage on schema ${schema} to ${name};
       grant select on all tables in schema ${schema} to ${name}`,
    );
    Object.assign(url, { username: name, password: "pw" });
    const asked = { env: { ...env, DATABASE_URL: url.href } };
    const [run, doctor] = await Promise.all([command(["run", ...WISH], asked), command(["doctor"], asked)]);
    await database.client.query(`drop owned by ${name}; drop role ${name}`);
    expect([run.code, doctor.code]).toEqual([1, 1]);
    expect(doctor.stdout).toMatch(/PROBLEM +rights +this role may not use bars, count_runs, .*\n +→ Grant it/);
  });
});
