import { readFileSync } from "node:fs";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMBEDDED, embedded } from "../../../scripts/embed-sql.ts";
import { migrate, migrations, postgresStore } from "../../../src/adapters/postgres/index.ts";
import { runConformance, storeCases } from "../../../src/testing/conformance/index.ts";
import { makeBars, makeSeries, minutes, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { partitionRecipe } from "../../support/partition-recipe.ts";
import { backends, openServer, type ServerDatabase, serverUrl, type TestDatabase } from "../../support/postgres.ts";
import { shapeOf } from "./schema-shape.ts";

const VERSIONS = migrations().map(({ version }) => version);
const series = makeSeries();
const page = [[{ series, bars: makeBars(0, 3) }], [{ series, interval: minutes(0, 3) }]] as const;

test("the embedded SQL is the SQL of the files, numbered without a hole", () => {
  expect(readFileSync(EMBEDDED, "utf8")).toBe(embedded());
  expect(VERSIONS).toEqual(VERSIONS.map((_, i) => i + 1));
});

test("a schema that PostgreSQL would cut, or that could end a quote or a comment, is refused before anything is done", () => {
  for (const schema of ["", "x".repeat(64), "a$b", "a\0b", "a\ndrop", "a\rdrop"]) {
    expect(() => migrations({ schema })).toThrow(expect.objectContaining({ code: "OPTIONS_INVALID" }));
  }
});

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("applies each migration once", async () => {
    const schema = database.freshSchema();
    expect(await migrate(database.client, { schema })).toEqual(VERSIONS);
    expect(await migrate(database.client, { schema })).toEqual([]);
  });

  test("a schema that a newer version migrated is left as it is", async () => {
    const schema = database.freshSchema();
    await migrate(database.client, { schema });
    const newer = (VERSIONS.at(-1) ?? 0) + 1;
    await database.client.query(`insert into ${schema}.barfill_migrations (version, name) values (${newer}, 'newer')`);
    await database.client.query(`alter table ${schema}.bars add column newer int`);
    const shape = await shapeOf(database.client, schema);
    expect(await migrate(database.client, { schema })).toEqual([]);
    expect(await shapeOf(database.client, schema)).toEqual(shape);
    const store = postgresStore({ client: database.client, schema });
    await store.commit(...page);
    expect(await readAll(store, series)).toEqual(makeBars(0, 3));
  });

  test.each(["public", 'odd "name" Ü', "select"])("works in the schema %s", async (schema) => {
    await migrate(database.client, { schema });
    const store = postgresStore({ client: database.client, schema });
    await store.commit(...page);
    expect(await readAll(store, series)).toEqual(makeBars(0, 3));
  });

  test("SQL that was printed and applied by hand makes the same tables, and migrate then has nothing to do", async () => {
    const [byHand, byCall] = [database.freshSchema(), database.freshSchema()];
    for (const { sql } of migrations({ schema: byHand })) {
      for (const text of ["begin", sql, "commit"]) {
        await ("exec" in database.client ? database.client.exec(text) : database.client.query(text));
      }
    }
    expect(await migrate(database.client, { schema: byHand })).toEqual([]);
    await migrate(database.client, { schema: byCall });
    expect(await shapeOf(database.client, byHand)).toEqual(await shapeOf(database.client, byCall));
  });

  test("a migration that fails leaves nothing", async () => {
    const schema = database.freshSchema();
    await database.client.query(`create schema ${schema}`);
    await database.client.query(
      `create function ${schema}.enqueue_runs(jsonb, boolean) returns int language sql as 'select 1'`,
    );
    await expect(migrate(database.client, { schema })).rejects.toMatchObject({
      code: "STORE_FAILED",
      sqlState: "42723",
    });
    const { relations } = await shapeOf(database.client, schema);
    expect(relations).toEqual([]);
  });

  test("a schema with another system's tables of the same names is refused, and what it says to do helps", async () => {
    const { client } = database;
    const schema = database.freshSchema();
    const run = (sql: string) => ("exec" in client ? client.exec(sql) : client.query(sql));
    await run(`
      create schema ${schema};
      create table ${schema}.job_definitions (id uuid primary key, symbol text);
      create table ${schema}.job_runs (id uuid primary key, job_def_id uuid references ${schema}.job_definitions);
      create view ${schema}.bars as select 1 as one;
      create sequence ${schema}.series;
      create table ${schema}.profiles (id uuid primary key);
      drop schema if exists before_barfill cascade;
      insert into ${schema}.job_definitions values (gen_random_uuid(), 'US_BATCH_1')`);
    const before = await shapeOf(client, schema);

    const error: unknown = await migrate(client, { schema }).catch((error: unknown) => error);
    expect(error).toMatchObject({
      code: "OPTIONS_INVALID",
      issues: [{ path: "schema", received: `"${schema}", which holds bars, job_definitions, job_runs, series` }],
    });
    expect(await shapeOf(client, schema)).toEqual(before);

    const advice = /`(create schema .*)`/.exec(String(error))?.[1] ?? "no advice";
    await run(advice);
    expect(await migrate(client, { schema })).toEqual(VERSIONS);
    expect((await client.query("select symbol from before_barfill.job_definitions")).rows).toEqual([
      { symbol: "US_BATCH_1" },
    ]);
  });
});

describe("on PostgreSQL, as a role that is no superuser", () => {
  let database: ServerDatabase;
  beforeAll(async () => {
    database = await openServer();
  });
  afterAll(() => database.close());

  async function roleUrl(name: string, grants: readonly string[]): Promise<string> {
    await database.client.query(`create role ${name} login password 'pw'`);
    for (const grant of grants) await database.client.query(grant);
    return serverUrl(new URL(database.url).pathname.slice(1), { name, password: "pw" });
  }
  async function drop(name: string): Promise<void> {
    await database.client.query(`drop owned by ${name} cascade`);
    await database.client.query(`drop role ${name}`);
  }

  test("twenty clients at once: one applies, nineteen find it done", async () => {
    const name = database.freshSchema();
    const databaseName = new URL(database.url).pathname.slice(1);
    const connectionString = await roleUrl(name, [`grant create on database ${databaseName} to ${name}`]);
    const pools = Array.from({ length: 20 }, () => new pg.Pool({ connectionString, max: 1 }));
    try {
      const schema = database.freshSchema();
      const applied = await Promise.all(pools.map((pool) => migrate(pool, { schema })));
      expect(applied.filter((versions) => versions.length > 0)).toEqual([VERSIONS]);
      const store = postgresStore({ client: pools[0] as pg.Pool, schema });
      await store.commit(...page);
      expect(await readAll(store, series)).toEqual(makeBars(0, 3));
    } finally {
      await Promise.all(pools.map((pool) => pool.end()));
      await drop(name);
    }
  });

  test("a role that may read and write, and create nothing, finds nothing to do and can work", async () => {
    const [name, schema] = [database.freshSchema(), database.freshSchema()];
    await migrate(database.client, { schema });
    const connectionString = await roleUrl(name, [
      `grant usage on schema ${schema} to ${name}`,
      `grant select, insert, update, delete on all tables in schema ${schema} to ${name}`,
      `grant execute on all functions in schema ${schema} to ${name}`,
    ]);
    const pool = new pg.Pool({ connectionString });
    try {
      expect(await migrate(pool, { schema })).toEqual([]);
      const store = postgresStore({ client: pool, schema });
      await store.commit(...page);
      expect(await readAll(store, series)).toEqual(makeBars(0, 3));
    } finally {
      await pool.end();
      await drop(name);
    }
  });
});

describe("the partitioning recipe of docs/postgres.md", () => {
  let database: ServerDatabase;
  beforeAll(async () => {
    database = await openServer();
  });
  afterAll(() => database.close());

  runConformance({
    cases: storeCases,
    async create() {
      const schema = database.freshSchema();
      await migrate(database.client, { schema });
      await database.client.query(partitionRecipe(schema));
      return { store: postgresStore({ client: database.client, schema }) };
    },
    test,
  });
});
