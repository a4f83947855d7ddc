import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import pg from "pg";
import { expect, test, vi } from "vitest";
import type { PooledConnection, PostgresPool, QueryResult } from "../../../src/adapters/postgres/client.ts";
import { databaseOnPool } from "../../../src/adapters/postgres/clients/pool.ts";
import { loadJobs, postgresQueue, runHistory, saveJobs } from "../../../src/adapters/postgres/index.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";

const never = () => new Promise<never>(() => {});
const SILENT = { code: "STORE_FAILED", disposition: "retry", sqlState: undefined };

/** A pool that answers as `answer` says, and notes what it was asked and how connections came back. */
function scriptedPool(answer: (sql: string) => Promise<QueryResult | readonly QueryResult[]>, options = {}) {
  const asked: (string | readonly unknown[])[][] = [];
  const released: unknown[] = [];
  const connect = async (): Promise<PooledConnection> => ({
    query: (text, values) => {
      asked.push(values === undefined ? [text] : [text, values]);
      return answer(text) as Promise<QueryResult>;
    },
    release: (destroy) => void released.push(destroy),
  });
  const pool: PostgresPool = { totalCount: 0, options, connect, query: never };
  return { pool, asked, released, texts: () => asked.map(([text]) => text) };
}

const clockAndDatabase = (pool: PostgresPool) => {
  const clock = fakeClock();
  return { clock, database: databaseOnPool(pool, clock) };
};

test.each([
  [{}, 20_000],
  [{ query_timeout: 500 }, 500],
  [{ query_timeout: 90_000 }, 90_000],
])("of a pool with %j a query is waited for %d ms, and its connection closed then", async (options, boundMs) => {
  const { pool, released } = scriptedPool(never, options);
  const { clock, database } = clockAndDatabase(pool);
  const answer = expect(database.query("select 1")).rejects.toMatchObject(SILENT);
  await clock.advance(boundMs - 1);
  expect(released).toEqual([]);
  await clock.advance(1);
  await answer;
  expect(released).toEqual([true]);
});

test("an error of the server leaves the connection as it is, one of the network closes it", async () => {
  const errors = [Object.assign(new Error("no such table"), { code: "42P01" }), new Error("Connection terminated")];
  const { pool, released } = scriptedPool(() => Promise.reject(errors.shift()));
  const { database } = clockAndDatabase(pool);
  await expect(database.query("select 1")).rejects.toMatchObject({ sqlState: "42P01" });
  await expect(database.query("select 1")).rejects.toMatchObject(SILENT);
  expect(released).toEqual([false, true]);
});

test("what is patient is waited for, however long it takes, and leaves no sleeper", async () => {
  let end = (_: QueryResult) => {};
  const { pool, released } = scriptedPool(() => new Promise((resolve) => (end = resolve)));
  const { clock, database } = clockAndDatabase(pool);
  const answer = database.patient.query("delete");
  await clock.advance(86_400_000);
  end({ rows: [{ n: 1 }] });
  expect(await answer).toEqual([{ n: 1 }]);
  expect(released).toEqual([false]);
});

const filter = { label: "US_BATCH_1" };
const job = { ...filter, symbols: ["SPY"], timeframe: "1Day", windowDays: 1, priority: 0, enabled: true } as const;
const CALLS: readonly (readonly [string, "patient" | "bounded", (client: PostgresPool) => Promise<unknown>])[] = [
  ["counts", "patient", (client) => postgresQueue({ client }).counts()],
  ["counts of a label", "patient", (client) => postgresQueue({ client }).counts(filter)],
  ["counts of what failed", "patient", (client) => postgresQueue({ client }).counts({ states: ["queued", "failed"] })],
  [
    "counts of what is open",
    "bounded",
    (client) => postgresQueue({ client }).counts({ states: ["queued", "running"] }),
  ],
  ["counts by id", "bounded", (client) => postgresQueue({ client }).counts({ ids: ["a"], states: ["success"] })],
  ["cancel", "patient", (client) => postgresQueue({ client }).cancel({})],
  ["cancel by id", "bounded", (client) => postgresQueue({ client }).cancel({ ids: ["a"] })],
  ["requeue", "patient", (client) => postgresQueue({ client }).requeue(filter)],
  ["requeue by id", "bounded", (client) => postgresQueue({ client }).requeue({ ids: ["a"] })],
  ["prune", "patient", (client) => postgresQueue({ client }).prune({ olderThanMs: 0 })],
  ["runHistory", "patient", (client) => runHistory(client)],
  ["saveJobs", "patient", (client) => saveJobs(client, [job])],
  ["loadJobs", "bounded", (client) => loadJobs(client)],
  ["open", "bounded", (client) => postgresQueue({ client }).open({})],
];

test.each(CALLS)("%s is %s: what goes over a whole table is, what a worker waits for is not", async (_, kind, call) => {
  vi.useFakeTimers();
  try {
    const { pool, released } = scriptedPool(never);
    void call(pool).catch(() => {});
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(released).toEqual(kind === "patient" ? [] : [true]);
  } finally {
    vi.useRealTimers();
  }
});

test("a connection that does not come is waited for as long, and goes back when it comes after all", async () => {
  let come = (_: PooledConnection) => {};
  const { pool } = scriptedPool(never);
  const late = { ...pool, connect: () => new Promise<PooledConnection>((resolve) => (come = resolve)) };
  const { clock, database } = clockAndDatabase(late);
  const answer = expect(database.query("select 1")).rejects.toMatchObject({
    ...SILENT,
    hint: expect.stringContaining("connectionTimeoutMillis"),
  });
  await clock.advance(21_000);
  await answer;
  const released: unknown[] = [];
  come({ query: never, release: (destroy) => void released.push(destroy) });
  await clock.advance(0);
  expect(released).toEqual([undefined]);
});

test("a transaction that falls silent is not rolled back in vain; the next one ends what it left, once", async () => {
  let isSilent = false;
  const mark = { pid: 7, since: "2024-01-02 15:00:00.123456+00" };
  const { pool, asked, released, texts } = scriptedPool(async (sql) => {
    if (isSilent) return never();
    return sql.startsWith("begin") ? [{ rows: [] }, { rows: [] }, { rows: [mark] }] : { rows: [] };
  });
  const { clock, database } = clockAndDatabase(pool);
  const answer = expect(
    database.transaction(async (transaction) => {
      isSilent = true;
      await transaction.query("lock");
    }),
  ).rejects.toMatchObject(SILENT);
  await clock.advance(20_000);
  await answer;
  expect(texts()).toEqual([expect.stringContaining("begin"), "lock"]);
  expect(released).toEqual([true]);

  // Nobody answers yet.
  const again = expect(database.transaction(async () => {})).rejects.toMatchObject(SILENT);
  await clock.advance(20_000);
  await again;
  isSilent = false;
  asked.length = 0;
  await database.transaction(async () => {});
  await database.transaction(async () => {});
  const ending = [expect.stringContaining("pg_terminate_backend"), [mark.pid, mark.since]];
  expect(asked).toEqual([
    ending,
    [expect.stringContaining("begin")],
    ["commit"],
    [expect.stringContaining("begin")],
    ["commit"],
  ]);
});

/** PostgreSQL, message formats: a letter, the length with itself, the body. */
function message(letter: string, body: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(4 + body.length);
  return Buffer.concat([Buffer.from(letter), length, body]);
}

test("a server that says welcome and farewell in one packet does not end the process", async () => {
  const authenticated = message("R", Buffer.alloc(4));
  const ready = message("Z", Buffer.from("I"));
  const farewell = message("E", Buffer.from("SFATAL\0C57P01\0Mterminating connection\0\0"));
  const server = createServer((socket) => {
    socket.once("data", () => socket.write(Buffer.concat([authenticated, ready, farewell])));
    socket.on("error", () => {});
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const pool = new pg.Pool({ host: "127.0.0.1", port, user: "u", database: "d", password: "p" });
  // An event that nobody hears would end the run.
  await expect(databaseOnPool(pool).query("select 1")).rejects.toMatchObject({ disposition: "retry" });
  await pool.end();
  server.close();
});
