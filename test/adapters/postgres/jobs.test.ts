import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadJobs, migrate, saveJobs, setEnabled } from "../../../src/adapters/postgres/index.ts";
import { defineJobs } from "../../../src/jobs.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { SEED_SYMBOLS } from "./seed-system.ts";

const WINDOWS = { m15: 90, h1: 365, h4: 180, d1: 730 };
const jobs = defineJobs({ label: "US_BATCH", symbols: SEED_SYMBOLS, windowDays: WINDOWS });

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  async function saved() {
    const schema = database.freshSchema();
    await migrate(database.client, { schema });
    await saveJobs(database.client, jobs, { schema });
    return { schema };
  }

  test("jobs come back as they were defined, in their order", async () => {
    const options = await saved();
    expect(await loadJobs(database.client, options)).toEqual(jobs);
  });

  test("saving again changes what is new and keeps the ids", async () => {
    const options = await saved();
    const ids = `select id::int, symbol, timeframe from ${options.schema}.job_definitions order by id`;
    const before = await database.client.query(ids);
    const wider = jobs.map((job) => ({ ...job, windowDays: job.windowDays * 2, priority: 3 }));
    await Promise.all([wider, [...wider].reverse()].map((list) => saveJobs(database.client, list, options)));
    expect(await loadJobs(database.client, options)).toEqual(wider);
    expect((await database.client.query(ids)).rows).toEqual(before.rows);
  });

  test("what is asked for again comes back, and goes when it is saved without", async () => {
    const options = await saved();
    const again = jobs.map((job) => ({ ...job, reask: { days: 2, everyHours: 12 } }));
    await saveJobs(database.client, again, options);
    expect(await loadJobs(database.client, options)).toEqual(again);
    await saveJobs(database.client, jobs, options);
    expect(await loadJobs(database.client, options)).toEqual(jobs);
  });

  test("a disabled job is kept and not loaded", async () => {
    const options = await saved();
    expect(await setEnabled(database.client, { label: "US_BATCH_1" }, false, options)).toBe(4);
    expect(await setEnabled(database.client, { label: "US_BATCH_2", timeframe: "1Day" }, false, options)).toBe(1);
    expect(await setEnabled(database.client, { label: "SPY" }, false, options)).toBe(0);
    expect((await loadJobs(database.client, options)).map(({ label, timeframe }) => `${label} ${timeframe}`)).toEqual([
      "US_BATCH_2 15Min",
      "US_BATCH_2 1Hour",
      "US_BATCH_2 4Hour",
    ]);
    expect(await setEnabled(database.client, { label: "US_BATCH_1" }, true, options)).toBe(4);
    expect(await loadJobs(database.client, options)).toHaveLength(7);
  });

  test("a definition tells people its type and its batch", async () => {
    const { schema } = await saved();
    const { rows } = await database.client.query(
      `select symbol, timeframe, job_type, window_days, batch_number, total_batches, jsonb_array_length(symbols_array) as symbols
       from ${schema}.job_definitions where timeframe in ('15Min', '1Day') order by symbol, window_days`,
    );
    const row = (
      symbol: string,
      timeframe: string,
      job_type: string,
      window_days: number,
      batch: number,
      symbols: number,
    ) => ({
      symbol,
      timeframe,
      job_type,
      window_days,
      batch_number: batch,
      total_batches: 2,
      symbols,
    });
    expect(rows).toEqual([
      row("US_BATCH_1", "15Min", "fetch_intraday", 90, 1, 50),
      row("US_BATCH_1", "1Day", "fetch_historical", 730, 1, 50),
      row("US_BATCH_2", "15Min", "fetch_intraday", 90, 2, 11),
      row("US_BATCH_2", "1Day", "fetch_historical", 730, 2, 11),
    ]);
  });
});
