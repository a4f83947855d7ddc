import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type PostgresConnection, type PostgresQueue, postgresQueue } from "../../../src/adapters/postgres/index.ts";
import { isBarfillError } from "../../../src/errors.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, RESULT, sliceAt, slices, type TestQueue } from "./queue-fixtures.ts";

let database: ServerDatabase;
let context: TestQueue;
/** Somebody else's session. */
let other: pg.Client;

beforeAll(async () => {
  database = await openServer();
});
beforeEach(async () => {
  context = await openQueue(database);
  other = new pg.Client({ connectionString: database.url });
  await other.connect();
});
afterEach(() => other.end());
afterAll(() => database.close());

/** Resolves when a session waits for a lock. */
async function someoneWaits(): Promise<void> {
  const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await database.client.query(waiting)).rows.length === 0);
}

test("completions that lose a deadlock are tried again, and nothing is lost", async () => {
  const { queue, schema } = context;
  await queue.enqueue(slices(2));
  const leases = await queue.lease({ ...CLAIM, token: "a", limit: 2 });
  const [first, second] = leases.map(({ slice }) => slice.id).sort();
  const failures: unknown[] = [];
  const listening = {
    query: (text: string, values?: unknown[]) =>
      database.client.query(text, values).catch((error: pg.DatabaseError) => {
        failures.push(error.code);
        throw error;
      }),
  };
  // The other session takes the rows in the wrong order, and looks for deadlocks later than the completions do.
  await other.query("set deadlock_timeout = '30s'");
  await other.query("begin");
  await other.query(`select 1 from ${schema}.job_runs where slice_id = $1 for update`, [second]);
  const contender = postgresQueue({ client: listening, schema });
  const completions = Promise.all(leases.map((lease) => contender.complete(lease, RESULT)));
  await someoneWaits();
  await other.query(`select 1 from ${schema}.job_runs where slice_id = $1 for update`, [first]);
  await other.query("commit");
  await completions;
  // Once, or again where the other session was slow to commit.
  expect(new Set(failures)).toEqual(new Set(["40P01"]));
  expect(await queue.counts()).toEqual([{ state: "success", runs: 2, bars: 20 }]);
});

test("a serialization failure that stays comes up as one to retry, and the lease holds", async () => {
  const { queue, schema } = context;
  await queue.enqueue(slices(1));
  const [lease] = await queue.lease({ ...CLAIM, token: "a" });
  if (lease === undefined) throw new Error("a run is due");
  await other.query(
    `create function ${schema}.refuse() returns trigger language plpgsql as $$
     begin raise exception 'could not serialize access' using errcode = 'serialization_failure'; end $$`,
  );
  await other.query(
    `create trigger refuse before update on ${schema}.job_runs for each row execute function ${schema}.refuse()`,
  );
  for (const call of [
    () => queue.complete(lease, RESULT),
    () => queue.renew(lease, { percent: 1, bars: 1, requests: 1 }, 1000),
    () => queue.fail(lease, { code: "X", message: "x" }),
    () => queue.cancel({}),
  ]) {
    await expect(call()).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry", sqlState: "40001" });
  }
  await other.query(`drop trigger refuse on ${schema}.job_runs`);
  await queue.complete(lease, RESULT);
  expect(await queue.counts()).toEqual([{ state: "success", runs: 1, bars: 10 }]);
});

test("under a default of repeatable read, where claims conflict, nothing is lost or doubled", async () => {
  const options = "-c default_transaction_isolation=repeatable\\ read";
  const client = new pg.Pool({ connectionString: database.url, max: 10, options });
  const { schema } = context;
  await context.queue.enqueue(slices(300));
  const queue = postgresQueue({ client, schema });
  const completed: string[] = [];
  const drain = async () => {
    for (;;) {
      const leases = await patiently(() => queue.lease({ ...CLAIM, token: crypto.randomUUID(), limit: 3 }));
      if (leases.length === 0) return;
      await Promise.all(leases.map((lease) => patiently(() => queue.complete(lease, RESULT))));
      completed.push(...leases.map(({ slice }) => slice.id));
    }
  };
  try {
    await Promise.all(Array.from({ length: 10 }, drain));
  } finally {
    await client.end();
  }
  expect(completed.sort()).toEqual(
    slices(300)
      .map(({ id }) => id)
      .sort(),
  );
});

/** Calls again for as long as the error is one to retry, as the executor does. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (!isBarfillError(error, "STORE_FAILED") || error.disposition !== "retry") throw error;
    }
  }
}

test("a completion that waits for one locked row does not hold up the others", async () => {
  const { queue, schema } = context;
  await queue.enqueue(slices(2));
  const [locked, free] = await queue.lease({ ...CLAIM, token: "a", limit: 2 });
  if (locked === undefined || free === undefined) throw new Error("two runs are due");
  await other.query("begin");
  await other.query(`select 1 from ${schema}.job_runs where slice_id = $1 for update`, [locked.slice.id]);
  const waiting = queue.complete(locked, RESULT);
  await someoneWaits();
  await queue.complete(free, RESULT);
  await other.query("rollback");
  await waiting;
});

describe.each([
  ["read committed", "a pg Pool"],
  ["repeatable read", "a pg Pool"],
  ["serializable", "a pg Pool"],
  ["repeatable read", "nothing but query"],
] as const)("under a default of %s, through %s", (level, kind) => {
  let pool: pg.Pool;
  let connection: pg.PoolClient;
  let queue: PostgresQueue;
  beforeEach(async () => {
    const options = `-c default_transaction_isolation=${level.replace(" ", "\\ ")}`;
    pool = new pg.Pool({ connectionString: database.url, max: 2, options });
    connection = await pool.connect();
    const wrapped: PostgresConnection = { query: (text, values) => connection.query(text, values) };
    queue = postgresQueue({ client: kind === "a pg Pool" ? pool : wrapped, schema: context.schema });
  });
  afterEach(async () => {
    connection.release();
    await pool.end();
  });

  test("slices that share bars with those of a transaction under way wait for it, and are left out", async () => {
    const cut = (minutes: number) => sliceAt(0, { label: "US_BATCH_1", interval: { start: 0, end: minutes * 60_000 } });
    await other.query("begin");
    const call = `select ${context.schema}.enqueue_runs($1, true) as fresh`;
    expect((await other.query(call, [JSON.stringify([cut(9)])])).rows).toEqual([{ fresh: 1 }]);
    const later = queue.enqueue([cut(10), sliceAt(9)], { apart: true });
    await someoneWaits();
    await other.query("commit");
    expect(await later).toBe(1);
    expect(await queue.open({})).toEqual([cut(9), sliceAt(9)]);
  });

  test("a claim under a bound waits for one that is under way, of other runs too, and counts what it took", async () => {
    await queue.enqueue(slices(5));
    const ids = slices(5).map(({ id }) => id);
    await other.query("begin");
    const claim = `${context.schema}.lease_runs('w', 'a', 2, 60000, p_ids => $1, p_max_running => 3)`;
    const { rows } = await other.query(`select slice from ${claim}`, [ids.slice(0, 2)]);
    expect(rows).toHaveLength(2);
    const bounded = queue.lease({ ...CLAIM, token: "b", limit: 3, ids: ids.slice(2), maxRunning: 3 });
    await someoneWaits();
    await other.query("commit");
    expect((await bounded).map(({ slice }) => slice)).toEqual([sliceAt(2)]);
  });
});

test("who calls the functions in a transaction that sees only what was there before it is told so", async () => {
  await other.query("begin isolation level repeatable read");
  const refused = other.query(`select * from ${context.schema}.lease_runs('w', 'a', 1, 60000)`);
  await expect(refused).rejects.toMatchObject({ code: "25004", hint: expect.stringContaining("alter role") });
});
