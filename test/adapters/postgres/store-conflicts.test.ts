import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "../../../src/adapters/postgres/index.ts";
import { sqlFunctions } from "../../../src/adapters/postgres/sql-functions.ts";
import { type SupabaseClient, supabaseStore } from "../../../src/adapters/supabase/index.ts";
import type { BarStore } from "../../../src/contracts/bar-store.ts";
import { coverageOf, makeBars, makeSeries, minutes, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { freshStore, overheard } from "./fixtures.ts";

const all = ["A", "B", "C"].map((symbol) => makeSeries({ symbol }));

let database: ServerDatabase;
let blocker: pg.Client;
beforeAll(async () => {
  database = await openServer();
  blocker = new pg.Client({ connectionString: database.url });
  await blocker.connect();
});
afterAll(async () => {
  await blocker?.end();
  await database.close();
});

/** A store on the pool, and on the functions that take a commit in one call; and what tells how many they began. */
const stores: readonly [string, (schema: string) => { readonly store: BarStore; begun(): number }][] = [
  [
    "in transactions of its own",
    (schema) => {
      const { client, said } = overheard(database.client);
      return {
        store: postgresStore({ client, schema }),
        begun: () => said.filter((text) => text.startsWith("begin")).length,
      };
    },
  ],
  [
    "in one call",
    (schema) => {
      let begun = 0;
      const query = async <Row>(sql: string, params: readonly unknown[] = []) =>
        (await database.client.query(sql, [...params])).rows as Row[];
      const functions = sqlFunctions({ query }, schema);
      const client: SupabaseClient = {
        schema: () => ({
          async rpc(name, args) {
            if (name === "commit_bars") begun++;
            const data = await functions.value(name, args as never, (value): value is unknown => value !== undefined);
            return { data, error: null, status: 200 };
          },
        }),
      };
      return { store: supabaseStore({ client, schema }), begun: () => begun };
    },
  ],
];

// A worker that lost its lease in the middle of a slice, and the one that has it now.
test.each(stores)("two that commit overlapping spans at once take turns, without a deadlock: %s", async (_, open) => {
  const { schema, store: fresh } = await freshStore(database);
  await fresh.commit(
    [],
    all.map((series) => ({ series, interval: minutes(-5, -4) })),
  );
  const { store, begun } = open(schema);
  const commit = (order: typeof all, from: number, to: number, close: number) =>
    store.commit(
      order.map((series) => ({ series, bars: makeBars(from, to, { close }) })),
      order.map((series) => ({ series, interval: minutes(from, to) })),
    );
  await blocker.query("begin");
  await blocker.query(`select 1 from ${schema}.coverage where series_id = 2 for update`);
  const commits = Promise.all([commit(all, 0, 20, 11), commit([...all].reverse(), 10, 30, 11.5)]);
  const waiting = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
  while ((await database.client.query(waiting)).rows.length < 2);
  await blocker.query("commit");
  const counts = await commits;
  expect(counts.reduce((sum, { inserted }) => sum + inserted, 0)).toBe(3 * 30);
  expect(counts.reduce((sum, { revised }) => sum + revised, 0)).toBe(3 * 10);
  const closes = new Set<number>();
  for (const series of all) {
    const bars = await readAll(store, series);
    expect(bars.map(({ openTime }) => openTime)).toEqual(makeBars(0, 30).map(({ openTime }) => openTime));
    for (const { close } of bars.slice(10, 20)) closes.add(close);
    expect(await coverageOf(store, series)).toEqual([minutes(-5, -4), minutes(0, 30)]);
  }
  // All of the one that came last.
  expect(closes.size).toBe(1);
  expect(begun()).toBe(2);
});
