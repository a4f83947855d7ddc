import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import {
  migrate,
  migrations,
  postgresQuarantine,
  postgresQueue,
  postgresStore,
} from "../../src/adapters/postgres/index.ts";
import { createBackfill } from "../../src/index.ts";
import { queueCases, runConformance, storeCases } from "../../src/testing/conformance/index.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";
import { freshStore } from "../adapters/postgres/fixtures.ts";
import { openQueue, sliceAt } from "../adapters/postgres/queue-fixtures.ts";
import { shapeOf } from "../adapters/postgres/schema-shape.ts";
import { bundle } from "../support/bundle.ts";
import { type PgBouncer, pgbouncerVersion, startPgBouncer } from "../support/pgbouncer.ts";
import { openServer, type ServerDatabase, serverUrl, type TestDatabase } from "../support/postgres.ts";

const VERSION = pgbouncerVersion();
const MIGRATIONS = fileURLToPath(new URL("../../src/adapters/postgres/migrations/", import.meta.url));
const WORKER = fileURLToPath(new URL("../adapters/postgres/migrate-worker.ts", import.meta.url));
const PROCESSES = 20;

describe.skipIf(VERSION === undefined)("through PgBouncer in transaction mode, as a role that is no superuser", () => {
  let server: ServerDatabase;
  let bouncer: PgBouncer;
  let role: { readonly name: string; readonly password: string };
  /** May do what `role` may, at another isolation. */
  let strict: typeof role;
  let url: string;
  let pool: pg.Pool;
  let database: TestDatabase;

  beforeAll(async () => {
    server = await openServer();
    const name = new URL(server.url).pathname.slice(1);
    role = { name: `${name}_role`, password: "pw" };
    strict = { name: `${name}_strict`, password: "pw" };
    await server.client.query(`create role ${role.name} login nosuperuser password '${role.password}'`);
    await server.client.query(`grant create on database ${name} to ${role.name}`);
    await server.client.query(`create role ${strict.name} login password '${strict.password}' in role ${role.name}`);
    await server.client.query(`alter role ${strict.name} set default_transaction_isolation = 'serializable'`);
    // Fewer connections than clients: whoever leaves something in a session leaves it to somebody else.
    bouncer = await startPgBouncer({ serverUrl: server.url, users: [role, strict], poolSize: 3 });
    url = bouncer.urlOf(serverUrl(name, role));
    pool = new pg.Pool({ connectionString: url, max: 10 });
    database = { client: pool, freshSchema: server.freshSchema, close: () => pool.end() };
    process.stdout.write(`test/long/pgbouncer.test.ts runs through PgBouncer ${VERSION}\n`);
  });
  afterAll(async () => {
    await database?.close();
    await bouncer?.stop();
    await server?.client.query(`drop owned by ${role.name} cascade`);
    await server?.client.query(`drop role ${strict.name}, ${role.name}`);
    await server?.close();
  });

  test("the bouncer mixes sessions, and the role is what it is said to be", async () => {
    const clients = await Promise.all(Array.from({ length: 6 }, () => pool.connect()));
    const sql = "select pg_backend_pid() as pid, rolsuper as super from pg_roles where rolname = current_user";
    const seen: { readonly pid: number; readonly super: boolean }[] = [];
    const askTenTimes = async (client: pg.PoolClient) => {
      for (let i = 0; i < 10; i++) seen.push(...(await client.query(sql)).rows);
      client.release();
    };
    await Promise.all(clients.map(askTenTimes));
    expect(new Set(seen.map(({ pid }) => pid)).size).toBeLessThanOrEqual(3);
    expect(seen.map((row) => row.super)).toEqual(Array(60).fill(false));
  });

  describe("a store", () => {
    runConformance({ cases: storeCases, create: () => freshStore(database), test });
  });

  describe("a queue", () => {
    runConformance({ cases: queueCases, create: () => openQueue(database), test });
  });

  test("whatever isolation the role has for a default, who plans waits for who plans, and queues no bar twice", async () => {
    const { queue, schema } = await openQueue(database);
    const name = new URL(server.url).pathname.slice(1);
    const client = new pg.Pool({ connectionString: bouncer.urlOf(serverUrl(name, strict)), max: 2 });
    expect((await client.query("show transaction_isolation")).rows).toEqual([
      { transaction_isolation: "serializable" },
    ]);
    const first = await pool.connect();
    await first.query("begin");
    await postgresQueue({ client: first, schema }).enqueue([sliceAt(0), sliceAt(1)], { apart: true });
    const wide = sliceAt(0, { interval: { start: 0, end: 600_000 } });
    const second = postgresQueue({ client, schema }).enqueue([wide, sliceAt(20)], { apart: true });
    const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
    while ((await server.client.query(waiting)).rows.length === 0);
    await first.query("commit");
    first.release();
    expect(await second).toBe(1);
    expect(await queue.open({})).toEqual([sliceAt(0), sliceAt(1), sliceAt(20)]);
    await client.end();
  });

  test(`${PROCESSES} processes migrate at once: one applies, and the schema is what the files say`, async () => {
    const [schema, byHand] = [database.freshSchema(), database.freshSchema()];
    const worker = await bundle(WORKER);
    const processes = Array.from({ length: PROCESSES }, () =>
      spawn(process.execPath, [worker.path, url, schema], { stdio: ["pipe", "pipe", "inherit"] }),
    );
    const ended = Promise.all(processes.map((one) => once(one, "exit")));
    await Promise.all(processes.map((one) => once(one.stdout, "data")));
    const printed = processes.map((one) => text(one.stdout));
    for (const one of processes) one.stdin.write("go\n");
    await ended.finally(worker.remove);
    expect((await ended).map(([code]) => code)).toEqual(processes.map(() => 0));
    const applied = (await Promise.all(printed)).map((line) => JSON.parse(line) as number[]);
    const versions = migrations().map(({ version }) => version);
    expect(applied.filter((list) => list.length > 0)).toEqual([versions]);

    // As psql applies them: one after another, each in a transaction, the variable put in.
    const files = readdirSync(MIGRATIONS)
      .filter((file) => file.endsWith(".sql"))
      .sort();
    expect(files.map((file) => Number(file.slice(0, 4)))).toEqual(versions);
    await pool.query(`create schema ${byHand}`);
    for (const file of files) {
      const sql = readFileSync(`${MIGRATIONS}${file}`, "utf8").replaceAll(':"schema"', `"${byHand}"`);
      await pool.query(`begin;${sql};commit`);
    }
    const shape = await shapeOf(pool, byHand);
    expect(Object.values(shape).every((part) => part.length > 0)).toBe(true);
    expect(await shapeOf(pool, schema)).toEqual(shape);
  });

  test("two workers fill a store with what the source has, bar for bar", async () => {
    const schema = database.freshSchema();
    await migrate(pool, { schema });
    const market = syntheticMarket({ symbols: ["AAPL", "MSFT", "SPY", "VIX"] });
    const simulator = alpacaSimulator({ market, requestsPerMinute: 1_000_000, burst: 100_000 });
    const workers = ["one", "two"].map((workerId) => {
      const client = new pg.Pool({ connectionString: url, max: 5 });
      const backfill = createBackfill({
        source: alpacaStocks({ keyId: "k", secretKey: "s", baseUrl: "http://simulator", fetch: simulator.fetch }),
        store: postgresStore({ client, schema }),
        queue: postgresQueue({ client, schema }),
        quarantine: postgresQuarantine({ client, schema }),
        requestsPerMinute: 100_000,
        concurrency: 4,
        pollMs: 20,
        workerId,
      });
      return { client, backfill };
    });
    const [start, end] = [Date.UTC(2024, 0, 1), Date.UTC(2024, 2, 1)];
    const symbols = ["AAPL", "MSFT", "SPY"];
    const request = { symbols, timeframes: ["15Min", "1Day"], start, end } as const;
    try {
      const reports = await Promise.all(workers.map(({ backfill }) => backfill.run(request)));
      expect(reports.map(({ complete }) => complete)).toEqual([true, true]);
      const store = postgresStore({ client: pool, schema });
      for (const symbol of symbols) {
        for (const timeframe of request.timeframes) {
          const series = { provider: "alpaca", symbol, timeframe, feed: "sip", adjustment: "raw" } as const;
          const held = [];
          for await (const bar of store.read(series, { start, end })) held.push(bar);
          const source = [...market.bars(symbol, timeframe, { start, end })].map(({ minutes: _, ...bar }) => bar);
          expect(source.length).toBeGreaterThan(30);
          expect(held).toEqual(source);
        }
      }
    } finally {
      await Promise.all(workers.map(({ client }) => client.end()));
    }
  });
});
