import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { longTransactions } from "../../../src/adapters/postgres/index.ts";
import { backends, openServer, type ServerDatabase, serverUrl, type TestDatabase } from "../../support/postgres.ts";

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("nobody holds anything back where nobody is", async () => {
    expect(await longTransactions(database.client, { olderThanMs: 0 })).toEqual({ transactions: [], hidden: 0 });
  });
});

describe("on PostgreSQL, with sessions of others", () => {
  let database: ServerDatabase;
  let stranger: pg.Client;
  beforeAll(async () => {
    database = await openServer();
    await database.client.query("create table line (n int)");
    await database.client.query("insert into line select generate_series(1, 1000)");
    stranger = new pg.Client({ connectionString: database.url, application_name: "a forgotten shell" });
    await stranger.connect();
  });
  afterAll(async () => {
    await stranger.end();
    await database.close();
  });

  /** Whether vacuum may clear away a row that dies now: the proof that what is found is what matters. */
  async function clearsAway(): Promise<boolean> {
    await database.client.query("update line set n = n + 1");
    const seen: string[] = [];
    const client = await database.client.connect();
    client.on("notice", ({ message = "", detail = "" }) => seen.push(`${message}\n${detail}`));
    await client.query("set client_min_messages = info");
    await client.query("vacuum (verbose) line");
    client.release(true);
    // PostgreSQL 14 says it in other words than those after it.
    const cleared = /1000 remain, 0 are dead but not yet removable|^0 dead row versions cannot be removed yet/m;
    return seen.some((text) => cleared.test(text));
  }

  const found = async (olderThanMs = 0) => (await longTransactions(database.client, { olderThanMs })).transactions;

  test.each([
    ["has a snapshot", "begin isolation level repeatable read; select count(*) from line", true],
    ["has written something", "begin; insert into line values (0)", true],
    ["has read, and has no snapshot any more", "begin; select count(*) from line", false],
  ])("an idle transaction that %s is found where it holds back vacuum, and only there", async (_, sql, holds) => {
    expect(await clearsAway()).toBe(true);
    await stranger.query(sql);
    expect(await clearsAway()).toBe(!holds);
    const { processID: pid } = stranger as unknown as { readonly processID: number };
    const expected = { pid, user: "postgres", application: "a forgotten shell", state: "idle in transaction" };
    expect(await found()).toMatchObject(holds ? [expected] : []);
    // Not a minute old.
    expect(await longTransactions(database.client)).toEqual({ transactions: [], hidden: 0 });
    await stranger.query("rollback");
    expect(await found()).toEqual([]);
  });

  test.each([-1, Number.NaN])("%d is no age", async (olderThanMs) => {
    await expect(longTransactions(database.client, { olderThanMs })).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  test("a role without the right to look is told how many sessions it did not see", async () => {
    const name = database.freshSchema();
    await database.client.query(`create role ${name} login password 'pw'`);
    const url = serverUrl(new URL(database.url).pathname.slice(1), { name, password: "pw" });
    const pool = new pg.Pool({ connectionString: url, max: 1 });
    await stranger.query("begin; insert into line values (0)");
    const { transactions, hidden } = await longTransactions(pool, { olderThanMs: 0 });
    expect(transactions).toEqual([]);
    expect(hidden).toBeGreaterThan(0);
    await stranger.query("rollback");
    await pool.end();
    await database.client.query(`drop role ${name}`);
  });
});
