import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresConnection, postgresStore } from "../../../src/adapters/postgres/index.ts";
import { makeBars, makeSeries, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { openPglite, type TestDatabase } from "../../support/postgres.ts";
import { freshStore } from "./fixtures.ts";

const series = makeSeries();
const BARS = 25_000;

// On PGlite, which never analyzes a table by itself.
let database: TestDatabase;
let schema: string;
/** What `read_bars` was asked for, page by page. */
const limits: unknown[] = [];
const listening: PostgresConnection = {
  query(text, values) {
    if (text.includes("read_bars")) limits.push(values?.[3]);
    return database.client.query(text, values);
  },
};
beforeAll(async () => {
  database = await openPglite();
  const fresh = await freshStore(database);
  schema = fresh.schema;
  await fresh.store.commit([{ series, bars: makeBars(0, BARS) }], []);
});
afterAll(() => database.close());

test("pages grow, and nothing is skipped or doubled where one ends", async () => {
  expect(await readAll(postgresStore({ client: listening, schema }), series)).toEqual(makeBars(0, BARS));
  expect(limits.splice(0)).toEqual([100, 1000, 10_000, 10_000, 10_000]);
});

test("the first of many bars, before any statistics, costs the look at a hundred", async () => {
  // So many that a plan by guesses would sort them.
  await database.client.query(
    `insert into ${schema}.bars select 1, to_timestamp(n), 1, 1, 1, 1, 1 from generate_series(1, 300000) n`,
  );
  await database.client.query("begin");
  for await (const _ of postgresStore({ client: listening, schema }).read(series, { start: 0, end: 8e15 })) break;
  const { rows } = await database.client.query(
    `select (seq_tup_read + idx_tup_fetch)::int as looked_at
     from pg_stat_xact_user_tables where schemaname = $1 and relname = 'bars'`,
    [schema],
  );
  await database.client.query("rollback");
  expect(limits.splice(0)).toEqual([100]);
  expect(rows).toEqual([{ looked_at: 100 }]);
});
