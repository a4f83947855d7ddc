import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadJobs, migrate, postgresQueue, saveJobs } from "../../../src/adapters/postgres/index.ts";
import { defineJobs } from "../../../src/planning/jobs.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { CLAIM, sliceAt } from "./queue-fixtures.ts";
import { SEED_QUERY, SEED_SYMBOLS } from "./seed-system.ts";

const SCHEMA = "public";

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("the monitoring query of the system that barfill replaces runs unchanged in public", async () => {
    const { client } = database;
    await migrate(client, { schema: SCHEMA });
    const windowDays = { m15: 90, h1: 365, h4: 180, d1: 730 };
    await saveJobs(client, defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays }), { schema: SCHEMA });
    const queue = postgresQueue({ client, schema: SCHEMA });
    const jobs = await loadJobs(client, { schema: SCHEMA });
    // Two slices a job, and one of no job whose only symbol is called like a batch.
    await queue.enqueue([
      ...jobs.flatMap(({ label, symbols, timeframe }) =>
        [0, 1].map((minute) => sliceAt(minute, { label, symbols, timeframe })),
      ),
      sliceAt(0, { symbols: ["US_BATCH_1"] }),
    ]);

    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 100 });
    expect(leases).toHaveLength(17);
    const completed = leases.filter(({ slice }) => slice.timeframe !== "4Hour" || slice.label === undefined);
    await Promise.all(
      completed.map((lease) => queue.complete(lease, { bars: 10 * lease.slice.symbols.length, requests: 1 })),
    );

    const { rows } = await client.query(SEED_QUERY);
    const numbers = (rows as { symbol: string; success: unknown; total_bars: unknown }[]).map((row) => [
      row.symbol,
      Number(row.success),
      Number(row.total_bars),
    ]);
    expect(numbers.sort()).toEqual([
      ["US_BATCH_1", 6, 3000],
      ["US_BATCH_2", 6, 660],
    ]);
  });
});
