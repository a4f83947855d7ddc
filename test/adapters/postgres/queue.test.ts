import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryQueue } from "../../../src/adapters/memory/index.ts";
import { postgresQueue } from "../../../src/adapters/postgres/index.ts";
import type { Lease } from "../../../src/contracts/slice-queue.ts";
import type { Feed } from "../../../src/model/series.ts";
import type { Slice } from "../../../src/model/slice.ts";
import type { Timeframe } from "../../../src/model/timeframe.ts";
import { HOUR_MS } from "../../../src/model/units.ts";
import { queueCases, runConformance } from "../../../src/testing/conformance/index.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { END, minuteBars, START, smallBackfill } from "../../support/small-backfill.ts";
import { CLAIM, openQueue, RESULT, sliceAt, slices, type TestQueue } from "./queue-fixtures.ts";

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  describe("conformance", () => {
    runConformance({ cases: queueCases, create: () => openQueue(database), test });
  });

  /** A row of the run of `lease`. */
  async function runOf<Row>({ schema }: TestQueue, lease: Lease, columns: string): Promise<Row> {
    const { rows } = await database.client.query(`select ${columns} from ${schema}.job_runs where slice_id = $1`, [
      lease.slice.id,
    ]);
    return rows[0] as Row;
  }

  async function claimOne({ queue }: TestQueue, token = crypto.randomUUID()): Promise<Lease> {
    const [lease] = await queue.lease({ ...CLAIM, token });
    if (lease === undefined) throw new Error("a run is due");
    return lease;
  }

  test("slices of any cut are queued apart as in memory: sets of symbols that share some, spans that share some", async () => {
    const { queue } = await openQueue(database);
    const memory = memoryQueue();
    const cut = fc.record({
      symbols: fc.subarray(["A", "B", "C", "D"], { minLength: 1 }),
      start: fc.nat({ max: 9 }),
      hours: fc.integer({ min: 1, max: 4 }),
      timeframe: fc.constantFrom<Timeframe>("1Min", "5Min"),
      feed: fc.constantFrom<Feed>("sip", "sip", "iex"),
      asksAgain: fc.constantFrom(false, false, false, true),
    });
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cut, { minLength: 1, maxLength: 8 }), { maxLength: 4 }), async (calls) => {
        const provider = `p${++round}`;
        for (const call of calls) {
          // Those of one call are apart among themselves, as the contract has it.
          const some: Slice[] = [];
          const apart = memoryQueue();
          for (const { start, hours, asksAgain, ...parts } of call) {
            const interval = { start: start * HOUR_MS, end: (start + hours) * HOUR_MS };
            const slice = sliceAt(0, { ...parts, provider, interval, ...(asksAgain ? { again: interval.end } : {}) });
            if ((await apart.enqueue([slice], { apart: true })) === 1) some.push(slice);
          }
          const added = await queue.enqueue(some, { apart: true });
          expect(added).toBe(await memory.enqueue(some, { apart: true }));
        }
        expect(await queue.open({ provider })).toEqual(await memory.open({ provider }));
      }),
      { numRuns: 60 },
    );
  });

  test("a completion that comes twice at once is accepted once", async () => {
    const { queue, ...rest } = await openQueue(database);
    await queue.enqueue(slices(1));
    const lease = await claimOne({ queue, ...rest });
    const ends = await Promise.allSettled([queue.complete(lease, RESULT), queue.complete(lease, RESULT)]);
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("of a thousand completions at once the stale ones are refused, and no others", async () => {
    const { queue, advance } = await openQueue(database);
    await queue.enqueue(slices(1000));
    const stale = await queue.lease({ ...CLAIM, token: "a", limit: 300 });
    await advance(2 * CLAIM.ttlMs);
    const current = await queue.lease({ ...CLAIM, token: "b", limit: 1000 });
    const ends = await Promise.allSettled([...stale, ...current].map((lease) => queue.complete(lease, RESULT)));
    expect(ends.map(({ status }) => status)).toEqual([
      ...stale.map(() => "rejected"),
      ...current.map(() => "fulfilled"),
    ]);
    expect(await queue.counts()).toEqual([{ state: "success", runs: 1000, bars: 10_000 }]);
  });

  test("renewals that come at once each get their own time", async () => {
    const { queue } = await openQueue(database);
    await queue.enqueue(slices(3));
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 3 });
    const renewed = await Promise.all(
      leases.map((lease, i) => queue.renew(lease, { percent: i, bars: i, requests: 1 }, (i + 1) * 100_000)),
    );
    const [first = 0, second = 0, third = 0] = renewed.map(({ expiresAt }) => expiresAt);
    expect(second - first).toBe(100_000);
    expect(third - second).toBe(100_000);
    expect(await queue.lease({ ...CLAIM, token: "a", limit: 3 })).toEqual(
      renewed.map((lease, i) => ({ ...lease, before: { percent: i, bars: i, requests: 1 } })),
    );
  });

  test("a worker renews all that it has in hand by one statement a beat", async () => {
    const { queue, schema } = await openQueue(database);
    const statements: string[] = [];
    let underWay = 0;
    const client = {
      async query(text: string, params?: unknown[]) {
        statements.push(text);
        underWay++;
        return database.client.query(text, params).finally(() => underWay--);
      },
    };
    const settle = async () => {
      let idle = 0;
      while (idle < 5) idle = await new Promise((resolve) => setImmediate(() => resolve(underWay > 0 ? 0 : idle + 1)));
    };
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3), settle });
    const symbols = Array.from({ length: 30 }, (_, i) => `S${i}`);
    const { backfill } = smallBackfill(
      {
        bars: Object.fromEntries(symbols.map((symbol) => [symbol, minuteBars(4)])),
        limits: { symbolsPerRequest: 1 },
        // A first page within two beats, and a second one after all that is looked at here.
        script: async ({ cursor }) => void (await clock.sleep(cursor === undefined ? 25_000 : 100_000)),
      },
      { clock, queue: postgresQueue({ client, schema }), concurrency: symbols.length, leaseMs: 60_000, pollMs: 7000 },
    );
    const enqueue = async (some: readonly string[]) => {
      const request = { symbols: some, timeframes: ["1Min" as const], start: START, end: END };
      await backfill.enqueue(await backfill.plan(request));
    };
    await enqueue(symbols.slice(0, 10));
    const work = backfill.work();
    // In three claims, between the beats.
    for (const from of [10, 20]) {
      await clock.advance(5000);
      await enqueue(symbols.slice(from, from + 10));
    }
    await clock.advance(80_000);
    expect(await queue.counts()).toMatchObject([{ state: "running", runs: symbols.length, bars: 3 * symbols.length }]);
    expect(statements.filter((text) => text.includes("renew_runs"))).toHaveLength(4);
    expect((await clock.run(work)).runs.map(({ ending }) => ending)).toEqual(symbols.map(() => "success"));
  });

  test("a run tells people what it is, how far it has come and why it failed", async () => {
    const context = await openQueue(database);
    const { queue } = context;
    const parts = { label: "US_BATCH_1", symbols: ["A", "AA"], timeframe: "1Day" } as const;
    await queue.enqueue([sliceAt(5, { ...parts, interval: { start: 86_400_000, end: 172_800_000 } })]);
    const lease = await claimOne(context);
    await queue.renew(lease, { percent: 12.5, bars: 7, requests: 1 }, 1000);
    expect(
      await runOf(context, lease, "symbol, job_type, status, progress_percent, attempt, worker_id, error_code"),
    ).toEqual({
      symbol: "US_BATCH_1",
      job_type: "fetch_historical",
      status: "running",
      progress_percent: 12.5,
      attempt: 1,
      worker_id: "worker",
      error_code: null,
    });
    await queue.fail(lease, { code: "SOURCE_REJECTED", message: "a \0 that no text holds" });
    const columns = "status, error_code, error_message, slice_from, slice_to, finished_at >= started_at as in_order";
    expect(await runOf(context, lease, columns)).toEqual({
      status: "failed",
      error_code: "SOURCE_REJECTED",
      error_message: "a \uFFFD that no text holds",
      slice_from: new Date(86_400_000),
      slice_to: new Date(172_800_000),
      in_order: true,
    });
  });

  test("without a label, the symbol of a run is its only ticker, or nothing", async () => {
    const { queue, schema } = await openQueue(database);
    await queue.enqueue([sliceAt(0, { symbols: ["BRK.A"] }), sliceAt(1, { symbols: ["A", "AA"] })]);
    const { rows } = await database.client.query(`select symbol from ${schema}.job_runs order by arrival`);
    expect(rows).toEqual([{ symbol: "BRK.A" }, { symbol: null }]);
  });

  test("a lease that is renewed for less than it was claimed for comes back when that is over", async () => {
    const context = await openQueue(database);
    const { queue, advance } = context;
    await queue.enqueue(slices(2));
    const [first, second] = await queue.lease({ ...CLAIM, token: "a", limit: 2, ttlMs: 3_600_000 });
    if (first === undefined || second === undefined) throw new Error("two runs are due");
    await queue.renew(first, { percent: 0, bars: 0, requests: 0 }, 30_000);
    await advance(60_000);
    expect((await claimOne(context)).slice).toEqual(first.slice);
    expect(await queue.lease({ ...CLAIM, token: "b" })).toEqual([]);
    await advance(3_600_000);
    expect(await queue.lease({ ...CLAIM, token: "c", limit: 3 })).toHaveLength(2);
  });

  test("what is in the line and in the claims is what is queued and running", async () => {
    const context = await openQueue(database);
    const { queue, schema, advance } = context;
    await queue.enqueue([...slices(8), ...slices(4, { provider: "other" })]);
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 10 });
    const [done, failed, retried, cancelled] = leases;
    if (!done || !failed || !retried || !cancelled) throw new Error("runs are due");
    await queue.complete(done, RESULT);
    await queue.fail(failed, { code: "X", message: "x" });
    await queue.retry(retried, { notBefore: 0, attemptSpent: true });
    await queue.cancel({ ids: [cancelled.slice.id, sliceAt(3, { provider: "other" }).id] });
    await advance(2 * CLAIM.ttlMs);
    await queue.lease({ ...CLAIM, token: "b", limit: 3, provider: "other" });
    await queue.requeue({});
    await queue.enqueue([done.slice]);

    const read = async (sql: string) => (await database.client.query(sql)).rows;
    expect(await read(`select run_id from ${schema}.job_queue order by 1`)).toEqual(
      await read(`select id as run_id from ${schema}.job_runs where status = 'queued' order by 1`),
    );
    expect(await read(`select id from ${schema}.job_runs_live order by 1`)).toEqual(
      await read(`select id from ${schema}.job_runs where status in ('queued', 'running') order by 1`),
    );
    expect(await queue.lease({ ...CLAIM, token: "c", limit: 20 })).toHaveLength(7);
    // Nothing is left of a claim once what it took is over or in other hands.
    await Promise.all(
      (await queue.lease({ ...CLAIM, token: "c", limit: 20 })).map((one) => queue.complete(one, RESULT)),
    );
    await queue.cancel({});
    await advance(2 * CLAIM.ttlMs);
    expect(await queue.lease({ ...CLAIM, token: "d" })).toEqual([]);
    expect(await read(`select token from ${schema}.job_leases`)).toEqual([]);
  });

  test("prune deletes what has been over for long enough, and nothing else", async () => {
    const { queue } = await openQueue(database);
    await queue.enqueue(slices(4));
    const [done, failed] = await queue.lease({ ...CLAIM, token: "a", limit: 3 });
    if (done === undefined || failed === undefined) throw new Error("runs are due");
    await queue.complete(done, RESULT);
    await queue.fail(failed, { code: "X", message: "x" });
    expect(await queue.prune({ olderThanMs: 60_000 })).toBe(0);
    expect(await queue.prune({ olderThanMs: 0 })).toBe(2);
    expect((await queue.counts()).map(({ state }) => state)).toEqual(["queued", "running"]);
    await expect(queue.prune({ olderThanMs: -1 })).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  });

  test("runs are found by the ids of their rows and of their slices", async () => {
    const { queue, schema } = await openQueue(database);
    await queue.enqueue(slices(3));
    const [lease] = await queue.lease({ ...CLAIM, token: "a" });
    const { rows } = await database.client.query(`select id::int, slice from ${schema}.job_runs order by id`);
    const [first, , third] = (rows as { id: number; slice: Slice }[]).map(({ id, slice }) => ({
      rowId: id,
      slice,
      state: slice.id === lease?.slice.id ? "running" : "queued",
    }));
    if (first === undefined || third === undefined) throw new Error("three rows");
    expect(await queue.runsByRowId([third.rowId, first.rowId, first.rowId, 999])).toEqual([first, third]);
    expect(await queue.runsBySliceId([third.slice.id, first.slice.id, "unknown"])).toEqual([first, third]);
    expect(await queue.runsByRowId([])).toEqual([]);
    await expect(queue.runsByRowId([first.rowId, 0.5])).rejects.toMatchObject({ issues: [{ path: "rowIds[1]" }] });
  });

  test("times beyond the calendar are cut, not refused", async () => {
    const context = await openQueue(database);
    const { queue } = context;
    await queue.enqueue(slices(1));
    const [lease] = await queue.lease({ ...CLAIM, token: "a", ttlMs: Number.POSITIVE_INFINITY });
    if (lease === undefined) throw new Error("a run is due");
    await queue.retry(lease, { notBefore: Number.NEGATIVE_INFINITY, attemptSpent: false });
    await queue.retry(await claimOne(context), { notBefore: Number.POSITIVE_INFINITY, attemptSpent: true });
    expect(await queue.lease({ ...CLAIM, token: "b" })).toEqual([]);
  });

  test("a queue whose schema is missing says what to do", async () => {
    const { queue, schema } = await openQueue(database);
    await database.client.query(`drop function ${schema}.count_runs`);
    await expect(queue.counts()).rejects.toMatchObject({
      code: "STORE_FAILED",
      disposition: "halt",
      sqlState: "42883",
    });
  });
});

test.each([
  ["limit", { limit: 0 }],
  ["limit", { limit: Number.NaN }],
  ["ttlMs", { ttlMs: 0 }],
  ["ttlMs", { ttlMs: Number.NaN }],
])("lease refuses a %s of %o without asking the server", async (path, options) => {
  const queue = postgresQueue({ client: { query: () => Promise.reject(new Error("asked")) } });
  await expect(queue.lease({ ...CLAIM, token: "a", ...options })).rejects.toMatchObject({ issues: [{ path }] });
});
