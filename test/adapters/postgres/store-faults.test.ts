import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryQueue } from "../../../src/adapters/memory/index.ts";
import { postgresStore } from "../../../src/adapters/postgres/index.ts";
import type { BarStore } from "../../../src/contracts/bar-store.ts";
import { DEFAULT_RETRY } from "../../../src/executor/retry.ts";
import { createBackfill, fixedWindow } from "../../../src/index.ts";
import {
  coverageOf,
  makeBars,
  makeSeries,
  minutes,
  OPEN,
  readAll,
} from "../../../src/testing/conformance/store/fixtures.ts";
import { scriptedSource } from "../../../src/testing/scripted-source.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { freshStore } from "./fixtures.ts";

const series = makeSeries();
const page = [[{ series, bars: makeBars(0, 10) }], [{ series, interval: minutes(0, 10) }]] as const;

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

/** A store whose commit waits for a row that `stranger` has inserted and not committed. */
async function blockedCommit() {
  const { schema, store } = await freshStore(database);
  await store.commit([], [{ series, interval: minutes(-5, -4) }]);
  const stranger = await database.client.connect();
  // The store's wait is the one that looks for a deadlock first.
  await stranger.query("set deadlock_timeout = '30s'");
  await stranger.query("begin");
  await stranger.query(`insert into ${schema}.bars select 1, to_timestamp(${OPEN / 1000 + 180}), 1, 1, 1, 1, 1`);
  const committing = store.commit(...page);
  committing.catch(() => {});
  const waiting = await waitingPid(schema);
  return { schema, store, stranger, committing, waiting };
}

async function waitingPid(schema: string): Promise<number> {
  for (;;) {
    const { rows } = await database.client.query<{ pid: number }>(
      "select pid from pg_stat_activity where wait_event_type = 'Lock' and query like $1",
      [`copy "${schema}"%`],
    );
    if (rows[0] !== undefined) return rows[0].pid;
  }
}

async function expectWholeAfterRetry({ store }: Awaited<ReturnType<typeof freshStore>>) {
  expect(await readAll(store, series)).toEqual([]);
  expect(await coverageOf(store, series, minutes(0, 10))).toEqual([]);
  expect(await store.commit(...page)).toEqual({ inserted: 10, revised: 0, unchanged: 0 });
  expect(await readAll(store, series)).toEqual(makeBars(0, 10));
  expect(await coverageOf(store, series, minutes(0, 10))).toEqual([minutes(0, 10)]);
}

test("a commit that loses a deadlock is made again, and whole", async () => {
  const { schema, store, stranger, committing } = await blockedCommit();
  // Goes on as soon as the commit was ended, which waits for this row then.
  await stranger.query(`update ${schema}.coverage set spans = spans`);
  await stranger.query("rollback");
  stranger.release(true);
  expect(await committing).toEqual({ inserted: 10, revised: 0, unchanged: 0 });
  expect(await readAll(store, series)).toEqual(makeBars(0, 10));
});

test("a backend that is terminated in the middle is an error to retry", async () => {
  const blocked = await blockedCommit();
  await database.client.query("select pg_terminate_backend($1)", [blocked.waiting]);
  await expect(blocked.committing).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
  await blocked.stranger.query("rollback");
  blocked.stranger.release(true);
  await expectWholeAfterRetry(blocked);
});

test.each(["40001", "53200"])(
  "SQLSTATE %s that stays is an error to retry, and nothing of the commit stays",
  async (sqlState) => {
    const fresh = await freshStore(database);
    await database.client.query(`create function ${fresh.schema}.raise() returns trigger language plpgsql as
    $$ begin raise exception 'provoked' using errcode = '${sqlState}'; end $$`);
    // At the very end: bars and coverage are written when it strikes.
    await database.client.query(`create constraint trigger raise after insert on ${fresh.schema}.bars
    deferrable initially deferred for each row execute function ${fresh.schema}.raise()`);
    await expect(fresh.store.commit(...page)).rejects.toMatchObject({ sqlState, disposition: "retry" });
    await database.client.query(`drop trigger raise on ${fresh.schema}.bars`);
    await expectWholeAfterRetry(fresh);
  },
);

test("idle connections that die are replaced, and do not end the process", async () => {
  const { store } = await freshStore(database);
  await store.commit(...page);
  await database.client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  const again = () => store.commit(...page).catch(() => undefined);
  await expect.poll(again, { timeout: 100_000 }).toMatchObject({ unchanged: 10 });
});

test("a server that is not there is an error to retry, and a wrong password one to halt, without the password", async () => {
  const nowhere = new pg.Pool({ connectionString: "postgres://me:hunter2@127.0.0.1:1/db" });
  const unreachable = postgresStore({ client: nowhere }).commit(...page);
  await expect(unreachable).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
  await expect(unreachable).rejects.not.toThrow(/hunter2/);

  const url = new URL(database.url);
  url.password = "hunter2";
  const refused = new pg.Pool({ connectionString: url.href });
  const halted = postgresStore({ client: refused }).commit(...page);
  await expect(halted).rejects.toMatchObject({ sqlState: "28P01", disposition: "halt", hint: /password/ });
  await expect(halted).rejects.not.toThrow(/hunter2/);
  await Promise.all([nowhere.end(), refused.end()]);
});

test("a disk that is full for a while costs no request: the pages in hand wait", async () => {
  const { schema, store } = await freshStore(database);
  const client = database.client;
  await client.query(`create function ${schema}.raise() returns trigger language plpgsql as
    $$ begin raise exception 'No space left on device' using errcode = '53100'; end $$`);
  await client.query(`create trigger raise after insert on ${schema}.bars execute function ${schema}.raise()`);
  const symbols = ["A", "B", "C"];
  const bars = Object.fromEntries(symbols.map((symbol) => [symbol, makeBars(0, 10)]));
  const source = scriptedSource({ bars, pageSize: 100 });
  const failures: string[] = [];
  /** Has room when every slice has failed once more than it may by itself: each waits for it then. */
  const full: BarStore = {
    ...store,
    commit: (bars, covered) =>
      store.commit(bars, covered).catch(async (error: unknown) => {
        failures.push(covered[0]?.series.symbol ?? "");
        const waits = (symbol: string) => failures.filter((one) => one === symbol).length > DEFAULT_RETRY.pageAttempts;
        if (symbols.every(waits)) await client.query(`drop trigger if exists raise on ${schema}.bars`);
        throw error;
      }),
  };
  const backfill = createBackfill({
    ...{ source, store: full, queue: memoryQueue(), planner: fixedWindow({ symbols: 1 }) },
    ...{ requestsPerMinute: 10_000, concurrency: 3, retry: { baseDelayMs: 0, maxDelayMs: 0 } },
  });
  const report = await backfill.run({ symbols, timeframes: ["1Min"], ...minutes(0, 10) });
  expect(report).toMatchObject({ complete: true, requests: 3, bars: 30, runs: { success: 3, failed: 0 } });
});
