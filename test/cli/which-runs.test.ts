// Labels and ids as every command takes them, in this process, on a real postgres server.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { migrate, postgresQueue, saveJobs } from "../../src/adapters/postgres/index.ts";
import { defineJobs } from "../../src/planning/jobs.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

let database: ServerDatabase;
let schema: string;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

const LABELS = ["US", "US_1", "US_2", "US_EU", "OTHER"];
const IDS = LABELS.map((label, hour) => sliceAt(hour, { label }).id);

/** A run of each label, all of them failed. */
beforeEach(async () => {
  schema = database.freshSchema();
  await migrate(database.client, { schema });
  await postgresQueue({ client: database.client, schema }).enqueue(
    LABELS.map((label, hour) => sliceAt(hour, { label })),
  );
  await database.client.query(`update ${schema}.job_runs set status = 'failed'; delete from ${schema}.job_queue`);
});

async function answered(...words: string[]) {
  const { code, json } = await typed([...words, "--json"], { DATABASE_URL: database.url, BARFILL_SCHEMA: schema });
  return { code, ...json() };
}

test("a label means what was cut from it too", async () => {
  const { counts } = await answered("status", "--label", "US");
  expect(counts.map(({ label }: { label: string }) => label)).toEqual(["US", "US_1", "US_2"]);
  expect(await answered("retry", "--label", "US")).toEqual({ code: 0, requeued: 3 });
  expect(await answered("retry", "--label", "US_1")).toEqual({ code: 0, requeued: 0 });
  expect(await answered("cancel", "--label", "US")).toEqual({ code: 0, cancelled: 3 });
  // What is over has its label still.
  expect(await answered("cancel", "--label", "US")).toEqual({ code: 0, cancelled: 0 });
});

test.each(["status", "retry", "cancel"])(
  "%s refuses a label that no run has, and says which there are",
  async (name) => {
    const hint = "There are: OTHER, US, US_1, US_2, US_EU";
    expect(await answered(name, "--label", "us")).toMatchObject({ code: 64, error: { code: "USAGE", hint } });
  },
);

test("ids that the queue does not know are named; with none that it knows nothing was done", async () => {
  const [first = "", second = ""] = IDS;
  expect(await answered("retry", first, "typo", first)).toEqual({ code: 2, requeued: 1, notFound: ["typo"] });
  expect(await answered("cancel", first, second)).toEqual({ code: 0, cancelled: 1, notFound: [] });
  expect(await answered("cancel", "typo", "typo")).toEqual({ code: 1, cancelled: 0, notFound: ["typo"] });
  const { stdout } = await typed(["cancel", "typo"], { DATABASE_URL: database.url, BARFILL_SCHEMA: schema });
  expect(stdout).toBe("0 runs cancelled\n1 id not in the queue: typo\n");
});

test("a label of jobs means what was cut from it too", async () => {
  const jobs = defineJobs({ label: "US", symbols: ["SPY", "IBM"], windowDays: { d1: 30, w1: 60 }, batchSize: 1 });
  await saveJobs(database.client, jobs, { schema });
  expect(await answered("jobs", "disable", "US")).toEqual({ code: 0, matched: 4, enabled: false });
  expect(await answered("jobs", "enable", "US_2", "--timeframe", "d1")).toEqual({ code: 0, matched: 1, enabled: true });
  expect(await answered("jobs", "enable", "US", "--timeframe", "h1")).toEqual({ code: 1, matched: 0, enabled: true });
  expect(await answered("jobs", "enable", "us")).toMatchObject({ code: 64, error: { hint: "There are: US_1, US_2" } });
});
