import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ifRolledBack } from "../../../src/adapters/postgres/if-rolled-back.ts";
import {
  migrate,
  postgresQuarantine,
  postgresStore,
  saveJobs,
  setEnabled,
} from "../../../src/adapters/postgres/index.ts";
import { rpcFunctions } from "../../../src/adapters/supabase/rpc-functions.ts";
import { StoreError } from "../../../src/errors.ts";
import { defineJobs } from "../../../src/planning/jobs.ts";
import { makeBars, makeSeries, minutes } from "../../../src/testing/conformance/store/fixtures.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";

/** Fails so often with `sqlState`, then answers how often it was called. */
function failing(times: number, sqlState: string): () => Promise<number> {
  let calls = 0;
  return async () => {
    if (calls++ < times) throw new StoreError("ended", { disposition: "retry", sqlState });
    return calls;
  };
}

test.each(["40001", "40P01"])("%s is tried three times, and then the caller's", async (sqlState) => {
  expect(await ifRolledBack(failing(2, sqlState))).toBe(3);
  await expect(ifRolledBack(failing(3, sqlState))).rejects.toMatchObject({ sqlState });
});

test("what may have been done is not done again", async () => {
  await expect(ifRolledBack(failing(1, "40003"))).rejects.toMatchObject({ sqlState: "40003" });
  const lost = new StoreError("no answer", { disposition: "retry" });
  await expect(ifRolledBack(() => Promise.reject(lost))).rejects.toBe(lost);
});

test("calls of functions through the API are made again too", async () => {
  let calls = 0;
  const rpc = async () =>
    calls++ < 2
      ? { data: null, error: { code: "40P01", message: "deadlock detected" }, status: 500 }
      : { data: 7, error: null, status: 200 };
  const functions = rpcFunctions({ schema: () => ({ rpc }) });
  expect(await functions.value("lift_symbols", {}, (value): value is number => value === 7)).toBe(7);
});

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  let schema: string;
  beforeAll(async () => {
    database = await open();
    schema = database.freshSchema();
    await migrate(database.client, { schema });
    // A sequence keeps count through a rollback.
    await database.client.query(`create sequence ${schema}.tries`);
    await database.client.query(`create function ${schema}.refuse_twice() returns trigger language plpgsql as $$ begin
      if nextval('${schema}.tries') <= 2 then raise exception 'refused' using errcode = 'deadlock_detected'; end if;
      return null; end $$`);
  });
  afterAll(() => database.close());

  const series = makeSeries();
  const [job] = defineJobs({ label: "US", symbols: ["SPY"], windowDays: { d1: 1 } });
  const quarantine = () => postgresQuarantine({ client: database.client, schema });
  const entry = { provider: "test", symbol: "VIX", reason: "x", since: 0 };

  test.each<[string, string, () => Promise<unknown>]>([
    [
      "a commit",
      "bars",
      () =>
        postgresStore({ client: database.client, schema }).commit(
          [{ series, bars: makeBars(0, 1) }],
          [{ series, interval: minutes(0, 1) }],
        ),
    ],
    ["an entry of the quarantine", "quarantine", () => quarantine().add(entry)],
    ["a lift", "quarantine", () => quarantine().lift("test", ["VIX"])],
    ["a job that is saved", "job_definitions", () => saveJobs(database.client, job ? [job] : [], { schema })],
    [
      "a job that is disabled",
      "job_definitions",
      () => setEnabled(database.client, { label: "US_1" }, false, { schema }),
    ],
  ])("%s is made again when the server ended it twice", async (_, table, call) => {
    const { client } = database;
    await client.query(`alter sequence ${schema}.tries restart`);
    await client.query(`create trigger refuse_twice after insert or update or delete on ${schema}.${table}
      for each row execute function ${schema}.refuse_twice()`);
    await call();
    await client.query(`drop trigger refuse_twice on ${schema}.${table}`);
    const { rows } = await client.query(`select last_value::int as tries from ${schema}.tries`);
    expect(rows).toEqual([{ tries: 3 }]);
  });
});
