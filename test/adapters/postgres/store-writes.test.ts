import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { migrate, postgresStore } from "../../../src/adapters/postgres/index.ts";
import {
  makeBar,
  makeBars,
  makeSeries,
  minutes,
  OPEN,
  readAll,
} from "../../../src/testing/conformance/store/fixtures.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { type PostgresServer, startServer } from "../../support/postgres-server.ts";
import { freshStore, overheard } from "./fixtures.ts";

const series = makeSeries();
const page = (from: number, to: number) =>
  [[{ series, bars: makeBars(from, to) }], [{ series, interval: minutes(from, to) }]] as const;

describe("how bars are written", () => {
  let database: ServerDatabase;
  beforeAll(async () => {
    database = await openServer();
  });
  afterAll(() => database.close());

  async function overheardStore() {
    const { client, said } = overheard(database.client);
    return { ...(await freshStore(database, client)), said };
  }
  const copies = (said: string[]) => said.splice(0).filter((text) => text === "copy").length;

  test("a fresh interval is copied, beside what is covered too", async () => {
    const { store, said } = await overheardStore();
    await store.commit(...page(0, 10));
    expect(copies(said)).toBe(1);
    await store.commit(...page(20, 30));
    await store.commit(...page(10, 20));
    expect(copies(said)).toBe(2);
    expect(await readAll(store, series)).toEqual(makeBars(0, 30));
  });

  test("what is covered, or held without being covered, is merged", async () => {
    const { store, said } = await overheardStore();
    await store.commit(...page(0, 10));
    await store.commit([{ series, bars: makeBars(10, 12) }], []);
    copies(said);
    await store.commit(...page(5, 8));
    await store.commit([{ series, bars: makeBars(11, 14) }], []);
    expect(copies(said)).toBe(0);
    expect(await readAll(store, series)).toEqual(makeBars(0, 14));
  });

  test("one commit copies the series that are fresh and merges the others", async () => {
    const { store, said } = await overheardStore();
    const other = makeSeries({ symbol: "IBM" });
    await store.commit(...page(0, 10));
    copies(said);
    const bars = [
      { series, bars: makeBars(5, 15, { close: 11.5 }) },
      { series: other, bars: makeBars(5, 15) },
    ];
    expect(await store.commit(bars, [])).toEqual({ inserted: 15, revised: 5, unchanged: 0 });
    expect(said.filter((text) => text === "merge_bars")).toHaveLength(1);
    expect(copies(said)).toBe(1);
  });

  test("a copy that meets a row of another writer falls back to the merge, and the commit is whole", async () => {
    const { store, schema, said } = await overheardStore();
    await store.commit([], [{ series, interval: minutes(-5, -4) }]);
    copies(said);
    // Not committed yet when the store looks, committed when its copy gets there.
    const stranger = await database.client.connect();
    await stranger.query("begin");
    await stranger.query(`insert into ${schema}.bars select 1, to_timestamp(${OPEN / 1000 + 180}), 1, 1, 1, 1, 1`);
    const committing = store.commit(...page(0, 10));
    await until(() => said.includes("copy"));
    await stranger.query("commit");
    stranger.release();
    expect(await committing).toEqual({ inserted: 9, revised: 1, unchanged: 0 });
    expect(said).toContain("rollback to savepoint fresh");
    expect(await readAll(store, series)).toEqual(makeBars(0, 10));
  });

  test("no connection is lost, whatever a commit ends with", async () => {
    const { store, schema } = await freshStore(database);
    await database.client.query(`create function ${schema}.refuse() returns trigger language plpgsql as
      $$ begin if new.volume < 0 then raise exception 'refused'; end if; return new; end $$`);
    await database.client.query(
      `create trigger refuse before insert on ${schema}.bars for each row execute function ${schema}.refuse()`,
    );
    const commits = Array.from({ length: 60 }, (_, i) =>
      store.commit([{ series, bars: [makeBar(i, i % 3 === 0 ? { volume: -1 } : {})] }], []),
    );
    const results = await Promise.allSettled(commits);
    expect(results.filter(({ status }) => status === "rejected")).toHaveLength(20);
    expect(database.client.idleCount).toBe(database.client.totalCount);
    expect(await readAll(store, series)).toHaveLength(40);
  });
});

describe("what a repeated commit leaves behind", () => {
  let server: PostgresServer;
  let pool: pg.Pool;
  // A server of its own: the log is shared by all who write.
  beforeAll(async () => {
    server = await startServer({ autovacuum: "off" });
    pool = new pg.Pool({ connectionString: server.url });
    await migrate(pool);
  });
  afterAll(async () => {
    await pool.end();
    await server.stop();
  });

  test("rows that are held as they are grow neither the log nor the table", async () => {
    const store = postgresStore({ client: pool });
    const written = async () => {
      const { rows } = await pool.query<{ log: number; table: number }>(
        `select (pg_current_wal_insert_lsn() - '0/0')::float8 as log,
          pg_total_relation_size('barfill.bars')::float8 as table`,
      );
      return rows[0] ?? { log: 0, table: 0 };
    };
    const start = await written();
    await store.commit(...page(0, 10_000));
    const first = await written();
    expect(await store.commit(...page(0, 10_000))).toEqual({ inserted: 0, revised: 0, unchanged: 10_000 });
    const second = await written();
    expect(second.table).toBe(first.table);
    expect(second.log - first.log).toBeLessThan(0.05 * (first.log - start.log));
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
