import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  listJobs,
  loadJobs,
  migrate,
  postgresQueue,
  saveJobs,
  setEnabled,
} from "../../../src/adapters/postgres/index.ts";
import { defineJobs, refusalOf } from "../../../src/planning/jobs.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { CLAIM, RESULT, sliceAt } from "./queue-fixtures.ts";
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

  test("of two jobs with one label and timeframe none is lost: they are refused, and nothing is saved", async () => {
    const options = await saved();
    const again = ["SPY", "QQQ"].flatMap((symbol) =>
      defineJobs({ label: "NEW", symbols: [symbol], windowDays: { d1: 30 } }),
    );
    await expect(saveJobs(database.client, again, options)).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      issues: [{ path: "jobs[1].label", received: '"NEW_1"' }],
    });
    expect(await loadJobs(database.client, options)).toEqual(jobs);
  });

  test("a job that is saved after its runs were queued is linked with them, and with no others", async () => {
    const { client, freshSchema } = database;
    const schema = freshSchema();
    await migrate(client, { schema });
    const queue = postgresQueue({ client, schema });
    const [day, hour] = jobs.filter(({ label, timeframe }) => label === "US_BATCH_1" && /1Day|1Hour/.test(timeframe));
    if (day === undefined || hour === undefined) throw new Error("both are defined");
    await saveJobs(client, [hour], { schema });
    await queue.enqueue([
      ...[day, hour].flatMap((job) => [0, 1].map((minute) => sliceAt(minute, job))),
      sliceAt(0, { label: "US_BATCH_2", timeframe: "1Day" }),
      sliceAt(0, { timeframe: "1Day" }),
    ]);
    const [done] = await queue.lease({ ...CLAIM, token: "a" });
    if (done === undefined) throw new Error("a run is due");
    await queue.complete(done, RESULT);

    await saveJobs(client, [day, hour], { schema });
    const { rows } = await client.query(
      `select r.label, r.timeframe, d.symbol, d.timeframe as of from ${schema}.job_runs r
       left join ${schema}.job_definitions d on d.id = r.job_def_id order by r.arrival`,
    );
    const linked = ({ label, timeframe }: typeof day) => ({ label, timeframe, symbol: label, of: timeframe });
    expect(rows).toEqual([
      ...[day, day, hour, hour].map(linked),
      { label: "US_BATCH_2", timeframe: "1Day", symbol: null, of: null },
      { label: null, timeframe: "1Day", symbol: null, of: null },
    ]);
  });

  test("a disabled job is listed in its place", async () => {
    const options = await saved();
    const [first, ...rest] = jobs;
    if (first === undefined) throw new Error("no jobs");
    await setEnabled(database.client, first, false, options);
    expect(await listJobs(database.client, options)).toEqual([{ ...first, enabled: false }, ...rest]);
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

  test("rows that were written by hand come as they are: each is a job that cannot be planned, and no other is lost", async () => {
    const options = await saved();
    await database.client.query(
      `insert into ${options.schema}.job_definitions (job_type, symbol, timeframe, window_days, symbols_array, reask)
       values ('fetch_intraday', 'Z_1', 'm15', 90, '["SPY"]', null), ('fetch_intraday', 'Z_2', '15Min', 90, '"SPY"', null),
              ('fetch_intraday', 'Z_3', '15Min', 90, '["SPY"]', '{"days": "2"}')`,
    );
    const loaded = await loadJobs(database.client, options);
    expect(loaded).toHaveLength(jobs.length + 3);
    expect(loaded).toEqual(expect.arrayContaining(jobs));
    const refused = loaded.flatMap((job) => refusalOf(job, {}) ?? []);
    expect(
      refused.map(({ label, timeframe, issues }) => [label, timeframe, ...issues.map(({ path }) => path)]),
    ).toEqual([
      ["Z_1", "m15", "timeframe"],
      ["Z_2", "15Min", "symbols"],
      ["Z_3", "15Min", "reask.days"],
    ]);
    expect(await listJobs(database.client, options)).toEqual(loaded);
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
