import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Arguments } from "../../../src/adapters/postgres/functions.ts";
import { saveJobs } from "../../../src/adapters/postgres/index.ts";
import { sqlFunctions } from "../../../src/adapters/postgres/sql-functions.ts";
import type { Slice } from "../../../src/model/slice.ts";
import { defineJobs } from "../../../src/planning/jobs.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, slices, type TestQueue } from "./queue-fixtures.ts";

const jobs = defineJobs({ label: "US_BATCH", symbols: ["SPY"], windowDays: { m1: 1, m5: 1, m15: 1 } });
const LABEL = "US_BATCH_1";
/** By slice id; their rows are made the other way round, so that every other order is the opposite one. */
const THREE = slices(3, { label: LABEL }).sort((a, b) => (a.id < b.id ? -1 : 1));
const IDS = THREE.map(({ id }) => id);
const TOKENS = IDS.map((id) => `of ${id}`);
const BACKWARDS = [...THREE.keys()].reverse();
const MIDDLE = 1;
const backwards = <T>(list: readonly T[]): readonly T[] => BACKWARDS.map((i) => list[i] as T);
const each = <T>(value: T): readonly T[] => THREE.map(() => value);

const FILTER = { p_ids: null, p_label: null, p_timeframe: null, p_provider: null, p_states: null };
const claim = (token: string, p_ids: readonly string[] | null) => ({
  ...{ p_worker_id: "w", p_token: token, p_limit: 3, p_ttl_ms: 1000, p_provider: null, p_ids, p_max_running: null },
});

/** What locks several rows: a function of the migrations and what it is called with. */
const CALLS: Readonly<Record<string, readonly [name: string, args: Arguments]>> = {
  enqueue: ["enqueue_runs", { p_slices: { json: backwards(THREE) }, p_apart: true }],
  claim: ["lease_runs", claim("new", null)],
  "claim by name": ["lease_runs", claim("other", backwards(IDS))],
  renew: [
    "renew_runs",
    {
      p_slice_ids: backwards(IDS),
      p_tokens: backwards(TOKENS),
      ...{ p_percents: each(1), p_bars: each(1), p_requests: each(1), p_ttls_ms: each(1) },
    },
  ],
  complete: [
    "complete_runs",
    { p_slice_ids: backwards(IDS), p_tokens: backwards(TOKENS), p_bars: each(1), p_requests: each(1) },
  ],
  cancel: ["cancel_runs", FILTER],
  requeue: ["requeue_runs", FILTER],
  prune: ["prune_runs", { p_older_than_ms: 0 }],
  "save jobs": ["save_jobs", { p_jobs: { json: jobs } }],
  "disable jobs": ["enable_jobs", { p_label: LABEL, p_timeframe: null, p_enabled: false }],
};

let database: ServerDatabase;
let context: TestQueue;
let blocker: pg.Client;
let sessions: [pg.Client, pg.Client];
beforeAll(async () => {
  database = await openServer();
  context = await openQueue(database);
  const open = async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query("set deadlock_timeout = '20ms'");
    return client;
  };
  blocker = await open();
  sessions = [await open(), await open()];
});
afterAll(async () => {
  await Promise.all([blocker, ...sessions].map((client) => client?.end()));
  await database.close();
});

/** Three runs in `state`: those that are running have expired, each under a lease of its own, the last one first. */
async function threeRuns(state: "queued" | "running" | "failed"): Promise<void> {
  const { queue, schema } = context;
  await database.client.query(
    `truncate ${["job_runs", "job_queue", "job_leases", "job_definitions"].map((name) => `${schema}.${name}`).join(", ")}`,
  );
  for (const i of BACKWARDS) {
    await queue.enqueue([THREE[i] as (typeof THREE)[number]]);
    if (state === "queued") continue;
    const [lease] = await queue.lease({ ...CLAIM, token: TOKENS[i] as string });
    if (lease === undefined) throw new Error("a run is due");
    if (state === "failed") await queue.fail(lease, { code: "X", message: "x" });
  }
  if (state === "running") await context.advance(2 * CLAIM.ttlMs);
}

/** Calls past the client of barfill, which would call again. */
function call(session: pg.Client, which: string): Promise<readonly { readonly slice?: Slice }[]> {
  const [name, args] = CALLS[which] as (typeof CALLS)[string];
  const query = async <Row>(sql: string, params: readonly unknown[] = []) =>
    (await session.query(sql, [...params])).rows as Row[];
  return sqlFunctions({ query }, context.schema).rows(name, args, (row): row is { slice?: Slice } => row !== null);
}

/** Calls both at once while somebody else holds the row in the middle, then lets go; what came of them. */
async function meet(first: string, second: string, middle: string): Promise<string[]> {
  await blocker.query("begin");
  await blocker.query(`select 1 from ${context.schema}.${middle} for update`);
  let over = 0;
  const calls = [first, second].map(async (which, i) => {
    try {
      await call(sessions[i] as pg.Client, which);
      return "done";
    } catch (error) {
      return String((error as pg.DatabaseError).code ?? error);
    } finally {
      over++;
    }
  });
  const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  while ((await database.client.query(waiting)).rows.length < calls.length - over);
  await blocker.query("commit");
  return Promise.all(calls);
}

/** Every two of `calls`, the same twice included. */
const pairs = (calls: readonly string[]) => calls.flatMap((a, i) => calls.slice(i).map((b) => [a, b] as const));

describe.each([
  ["queued", ["enqueue", "claim", "claim by name", "cancel", "save jobs"]],
  ["running", ["enqueue", "claim", "claim by name", "renew", "complete", "cancel", "save jobs"]],
  ["failed", ["enqueue", "requeue", "prune", "save jobs"]],
] as const)("on runs that are %s no deadlock is possible", (state, calls) => {
  test.each(pairs(calls))("between %s and %s", async (a, b) => {
    await threeRuns(state);
    expect(await meet(a, b, `job_runs where slice_id = '${IDS[MIDDLE]}'`)).toEqual(["done", "done"]);
  });
});

test.each(pairs(["save jobs", "disable jobs"]))("nor over jobs, between %s and %s", async (a, b) => {
  await threeRuns("queued");
  for (const job of [...jobs].sort((one, other) => (one.timeframe < other.timeframe ? 1 : -1))) {
    await saveJobs(database.client, [job], { schema: context.schema });
  }
  const [, middle] = jobs.map(({ timeframe }) => timeframe).sort();
  expect(await meet(a, b, `job_definitions where timeframe = '${middle}'`)).toEqual(["done", "done"]);
});

test.each(["queued", "running"] as const)(
  "a claim waits for nobody who has a run in hand that is %s",
  async (state) => {
    await threeRuns(state);
    await blocker.query("begin");
    await blocker.query(`select 1 from ${context.schema}.job_runs where slice_id = $1 for update`, [IDS[MIDDLE]]);
    const claimed = await call(sessions[0], "claim");
    expect(claimed.map(({ slice }) => slice?.id).sort()).toEqual(IDS.filter((_, i) => i !== MIDDLE));
    await blocker.query("commit");
    const [rest] = await context.queue.lease({ ...CLAIM, token: "next" });
    expect(rest?.slice.id).toBe(IDS[MIDDLE]);
  },
);
