import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inspectDatabase, migrate, migrations } from "../../../src/adapters/postgres/index.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";

const VERSIONS = migrations().map(({ version }) => version);

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("before and after the migrations, of an older and of a newer version", async () => {
    const schema = database.freshSchema();
    const inspect = () => inspectDatabase(database.client, { schema });
    expect(await inspect()).toMatchObject({ readOnly: false, schemaExists: false, applied: [], missing: VERSIONS });
    expect((await inspect()).majorVersion).toBeGreaterThanOrEqual(14);

    await migrate(database.client, { schema });
    expect(await inspect()).toMatchObject({
      schemaExists: true,
      applied: VERSIONS,
      missing: [],
      unknown: [],
      forbidden: [],
    });

    const last = VERSIONS.at(-1) ?? 0;
    await database.client.query(`delete from ${schema}.barfill_migrations where version = ${last}`);
    expect(await inspect()).toMatchObject({ missing: [last] });
    await database.client.query(
      `insert into ${schema}.barfill_migrations (version, name) values (${last}, 'it'), (${last + 1}, 'newer')`,
    );
    expect(await inspect()).toMatchObject({ missing: [], unknown: [last + 1] });
  });
});
