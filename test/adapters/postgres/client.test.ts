import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { databaseOf, type PostgresClient, type PostgresConnection } from "../../../src/adapters/postgres/client.ts";
import { migrate, postgresStore } from "../../../src/adapters/postgres/index.ts";
import { openPglite, openServer, type ServerDatabase, type TestDatabase } from "../../support/postgres.ts";
import { END, minuteBars, START, smallBackfill } from "../../support/small-backfill.ts";

async function openClient(): Promise<TestDatabase> {
  const database = await openServer();
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const close = async () => {
    await client.end();
    await database.close();
  };
  return { ...database, client, close };
}

const shapes: readonly { name: string; open(): Promise<TestDatabase> }[] = [
  { name: "a pg Pool", open: openServer },
  { name: "a pg Client", open: openClient },
  { name: "PGlite", open: openPglite },
];

describe.each(shapes)("$name", ({ open }) => {
  let opened: TestDatabase;
  let client: PostgresClient;
  beforeAll(async () => {
    opened = await open();
    client = opened.client;
    await client.query("create table notes (n int primary key)");
  });
  afterAll(() => opened.close());
  const numbers = async () =>
    (await databaseOf(client).query<{ n: number }>("select n from notes order by n")).map(({ n }) => n);

  test("is one database, however often it is asked for", () => {
    expect(databaseOf(client)).toBe(databaseOf(client));
  });

  test("commits what resolves and rolls back what rejects, with the reason as it was", async () => {
    const database = databaseOf(client);
    const result = database.transaction(async (tx) => {
      await tx.query("insert into notes values ($1)", [1]);
      return "done";
    });
    expect(await result).toBe("done");
    const reason = new Error("changed my mind");
    const rejected = database.transaction(async (tx) => {
      await tx.query("insert into notes values ($1)", [2]);
      throw reason;
    });
    await expect(rejected).rejects.toBe(reason);
    expect(await numbers()).toEqual([1]);
  });

  test("twenty transactions at once keep apart, and a query beside them is in none", async () => {
    const database = databaseOf(client);
    const all = Array.from({ length: 20 }, (_, i) =>
      database.transaction(async (tx) => {
        await tx.query("insert into notes values ($1)", [100 + i]);
        await tx.query("select 1");
        if (i % 2 === 0) throw new Error("no");
      }),
    );
    const beside = database.query("insert into notes values (200)");
    await Promise.allSettled([...all, beside]);
    expect((await numbers()).filter((n) => n >= 100)).toEqual([
      ...Array.from({ length: 10 }, (_, i) => 101 + 2 * i),
      200,
    ]);
  });

  test("a failed statement that was swallowed cannot commit silently", async () => {
    const transaction = databaseOf(client).transaction(async (tx) => {
      await tx.query("insert into notes values (300)");
      await tx.query("select 1 / 0").catch(() => {});
    });
    await expect(transaction).rejects.toThrow();
    expect(await numbers()).not.toContain(300);
  });

  test("an error carries its SQLSTATE and its cause", async () => {
    const failed = databaseOf(client).query("select * from nowhere");
    await expect(failed).rejects.toMatchObject({ code: "STORE_FAILED", sqlState: "42P01", cause: { code: "42P01" } });
  });

  test("a script runs several statements", async () => {
    await databaseOf(client).transaction((tx) =>
      tx.script("insert into notes values (400); insert into notes values (401);"),
    );
    expect(await numbers()).toEqual(expect.arrayContaining([400, 401]));
  });
});

test("what a client of another kind answers stays as it is, for whoever else reads it", async () => {
  const kept = { rows: [{ n: 1 }], command: "SELECT" };
  const client: PostgresConnection = { query: async () => kept };
  expect(await databaseOf(client).query("select 1 as n")).toEqual([{ n: 1 }]);
  expect(await databaseOf(client).query("select 1 as n")).toEqual([{ n: 1 }]);
  const set = () => {
    throw new Error("read only");
  };
  const readOnly: PostgresConnection = { query: async () => new Proxy(kept, { set }) };
  expect(await databaseOf(readOnly).query("select 1 as n")).toEqual([{ n: 1 }]);
});

test.each([
  ["a pg Pool", async (server: ServerDatabase) => new pg.Pool({ connectionString: server.url }), "end"],
  ["PGlite", () => PGlite.create(), "close"],
] as const)("%s that its owner closed halts the work, and says so", async (_, open, close) => {
  const server = await openServer();
  const client = await open(server);
  const database = databaseOf(client);
  expect(await database.query("select 1 as n")).toEqual([{ n: 1 }]);
  await Reflect.get(client, close).call(client);
  const closed = { code: "STORE_FAILED", disposition: "halt", hint: expect.stringContaining("The client is closed") };
  await expect(database.query("select 1")).rejects.toMatchObject(closed);
  await expect(database.transaction(async (tx) => tx.query("select 1"))).rejects.toMatchObject(closed);
  await server.close();
});

test("a transaction that a client's own query_timeout gave up on is over before the next one begins", async () => {
  const server = await openServer();
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  // Of one answer, so that no other is too slow for it on a busy machine.
  const bound = (ms: number) =>
    Object.assign(Reflect.get(client, "connectionParameters") as object, { query_timeout: ms });
  const database = databaseOf(client);
  await database.query("create table notes (n int)");
  const late = database.transaction(async (tx) => {
    await tx.query("insert into notes values (1)");
    bound(1);
    await tx.query("select pg_sleep(0.1)");
  });
  await expect(late).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
  bound(0);
  await database.transaction(async (tx) => void (await tx.query("insert into notes values (2)")));
  expect(await database.query("select n from notes")).toEqual([{ n: 2 }]);
  await client.end();
  await server.close();
});

describe("a single client whose connection the server ended", () => {
  let server: ServerDatabase;
  beforeAll(async () => {
    server = await openServer();
  });
  afterAll(() => server.close());
  const OVER = { code: "STORE_FAILED", disposition: "halt", hint: expect.stringContaining("use a pg Pool") };

  async function connected() {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const ended = new Promise((resolve) => client.on("end", () => resolve(undefined)));
    const terminate = async () => {
      await server.client.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await ended;
    };
    return { client, terminate };
  }

  test("halts, because trying again is of no use", async () => {
    const { client, terminate } = await connected();
    const database = databaseOf(client);
    const asleep = expect(database.query("select pg_sleep(60)")).rejects.toMatchObject({ code: "STORE_FAILED" });
    await terminate();
    await asleep;
    await expect(database.query("select 1")).rejects.toMatchObject(OVER);
    await expect(database.transaction((tx) => tx.query("select 1"))).rejects.toMatchObject(OVER);
  });

  test("halts too when it ended before barfill saw it", async () => {
    const { client, terminate } = await connected();
    client.on("error", () => {});
    await terminate();
    await expect(databaseOf(client).query("select 1")).rejects.toMatchObject(OVER);
    const closed = new pg.Client({ connectionString: server.url });
    await closed.connect();
    await closed.end();
    await expect(databaseOf(closed).query("select 1")).rejects.toMatchObject(OVER);
  });

  test("ends a backfill, with what to do", async () => {
    const { client, terminate } = await connected();
    await migrate(client);
    const { backfill, clock } = smallBackfill(
      {
        bars: { A: minuteBars(5) },
        script: ({ call }) => (call === 1 ? terminate().then(() => undefined) : undefined),
      },
      { store: postgresStore({ client }) },
    );
    const request = { symbols: ["A"], timeframes: ["1Min" as const], start: START, end: END };
    await clock.run(backfill.enqueue(await clock.run(backfill.plan(request))));
    expect((await clock.run(backfill.work())).halted).toMatchObject(OVER);
  });
});
