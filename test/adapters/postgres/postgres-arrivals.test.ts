import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  type ListeningClient,
  type PostgresClient,
  type PostgresQueue,
  postgresArrivals,
  postgresQueue,
} from "../../../src/adapters/postgres/index.ts";
import type { Arrivals, WorkSummary } from "../../../src/index.ts";
import { backends, openServer, type ServerDatabase, type TestDatabase } from "../../support/postgres.ts";
import { END, minuteBars, START, smallBackfill } from "../../support/small-backfill.ts";
import { CLAIM, openQueue, sliceAt, slices, type TestQueue } from "./queue-fixtures.ts";

const HOUR_MS = 3_600_000;
/** How long the server may take in real time; no assertion depends on it. */
const WITHIN_MS = 20_000;
const BARS = { A: minuteBars(5), B: minuteBars(5) };
const requestOf = (symbol: string) => ({ symbols: [symbol], timeframes: ["1Min" as const], start: START, end: END });
const OTHER = { ...CLAIM, limit: 2, token: "other", ttlMs: 10 * HOUR_MS };

/** `queue`, and what waits until it has answered all that it was asked, and what is asked upon that. */
function watched(queue: PostgresQueue) {
  let underWay = 0;
  const counted = new Proxy(queue, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        underWay++;
        return (Reflect.apply(value, target, args) as Promise<unknown>).finally(() => underWay--);
      };
    },
  });
  const idle = async () => {
    let turns = 0;
    while (turns < 5) turns = await new Promise((resolve) => setImmediate(() => resolve(underWay > 0 ? 0 : turns + 1)));
  };
  return { counted, idle };
}

/**
 * A worker that polls once an hour, listens, and waits, because another worker has two runs. It has nothing under way,
 * and no time goes by unless it is told to.
 */
async function waitingWorker(database: TestDatabase, { queue, schema }: TestQueue, client = database.client) {
  await queue.enqueue(slices(2, { provider: "scripted" }));
  const [held] = await queue.lease(OTHER);
  if (held === undefined) throw new Error("a run is due");
  const listening = postgresArrivals({ client: client as PostgresClient & ListeningClient, schema });
  const heard: number[] = [];
  const arrivals: Arrivals = {
    listen: (onDue, options) =>
      listening.listen((inMs) => {
        heard.push(inMs);
        onDue(inMs);
      }, options),
  };
  const { counted, idle } = watched(queue);
  const worker = smallBackfill({ bars: BARS }, { queue: counted, arrivals, pollMs: HOUR_MS });
  const stop = new AbortController();
  const work = worker.backfill.work({ signal: stop.signal });
  await vi.waitFor(() => expect(heard).toEqual([0]), WITHIN_MS);
  await idle();
  return {
    ...worker,
    held,
    idle,
    /** In how many ms runs were said to fall due; first the 0 of the beginning. */
    heard,
    leased: () => worker.types().filter((type) => type === "leased").length,
    stop(): Promise<WorkSummary> {
      stop.abort();
      return work;
    },
  };
}

/** Another client of the same queue queues a slice. */
async function enqueueElsewhere(client: PostgresClient, schema: string, symbol: string): Promise<void> {
  const { backfill } = smallBackfill({ bars: BARS }, { queue: postgresQueue({ client, schema }) });
  expect(await backfill.enqueue(await backfill.plan(requestOf(symbol)))).toBe(1);
}

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  test("a waiting worker leases what another client enqueues, before its next poll", async () => {
    const context = await openQueue(database);
    const worker = await waitingWorker(database, context);
    const started = worker.clock.now();
    for (const [i, symbol] of ["A", "B"].entries()) {
      await enqueueElsewhere(database.client, context.schema, symbol);
      await vi.waitFor(() => expect(worker.leased()).toBe(i + 1), WITHIN_MS);
    }
    expect(worker.clock.now()).toBe(started);
    expect(await worker.stop()).toMatchObject({ ended: "stopped" });
  });

  test("what is put back is leased when it falls due", async () => {
    const context = await openQueue(database);
    const { queue } = context;
    const worker = await waitingWorker(database, context);
    const notBefore = Date.now() + 1_200_000;
    await queue.retry(worker.held, { notBefore, attemptSpent: true });
    await vi.waitFor(() => expect(worker.heard).toHaveLength(2), WITHIN_MS);
    expect(worker.heard[1]).toBeGreaterThan(1_100_000);
    expect(worker.heard[1]).toBeLessThanOrEqual(1_200_000);
    await worker.idle();
    await context.advance(1_200_000);
    expect(worker.leased()).toBe(0);
    await worker.clock.advance(1_200_000);
    await vi.waitFor(() => expect(worker.leased()).toBe(1), WITHIN_MS);
    await worker.stop();
  });

  test("what is requeued is leased at once", async () => {
    const context = await openQueue(database);
    const { queue } = context;
    const worker = await waitingWorker(database, context);
    await queue.fail(worker.held, { code: "X", message: "x" });
    expect(await queue.requeue({})).toBe(1);
    await vi.waitFor(() => expect(worker.leased()).toBe(1), WITHIN_MS);
    await worker.stop();
  });

  test("another schema's runs wake nobody", async () => {
    const [mine, other] = [await openQueue(database), await openQueue(database)];
    const worker = await waitingWorker(database, mine);
    await enqueueElsewhere(database.client, other.schema, "A");
    await enqueueElsewhere(database.client, mine.schema, "A");
    await vi.waitFor(() => expect(worker.leased()).toBe(1), WITHIN_MS);
    expect(worker.heard).toEqual([0, 0]);
    await worker.stop();
  });
});

describe("on PostgreSQL", () => {
  let database: ServerDatabase;
  let context: TestQueue;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await openServer();
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    context = await openQueue(database);
    pool = new pg.Pool({ connectionString: database.url, max: 4 });
  });
  afterEach(() => pool.end());

  /** The connections that listen. */
  async function listeners(): Promise<number[]> {
    const { rows } = await database.client.query<{ pid: number }>(
      "select pid from pg_stat_activity where query like '%listen_runs()' and datname = current_database()",
    );
    return rows.map(({ pid }) => pid);
  }

  test("a listening connection that is lost is replaced, and what came meanwhile is found", async () => {
    const worker = await waitingWorker(database, context, pool);
    const [lost] = await listeners();
    await database.client.query("select pg_terminate_backend($1)", [lost]);
    await vi.waitFor(async () => expect(await listeners()).toEqual([]), WITHIN_MS);
    await enqueueElsewhere(database.client, context.schema, "A");
    expect(worker.leased()).toBe(0);
    // Five seconds, of the hour that the next poll is away.
    await vi.waitFor(async () => {
      await worker.clock.advance(5000);
      expect(await listeners()).toHaveLength(1);
    }, WITHIN_MS);
    await vi.waitFor(() => expect(worker.leased()).toBe(1), WITHIN_MS);
    await worker.stop();
  });

  test("no connection listens when the work is over, and none is kept", async () => {
    const worker = await waitingWorker(database, context, pool);
    expect(await listeners()).toHaveLength(1);
    await worker.stop();
    expect(pool.totalCount - pool.idleCount).toBe(0);
    await vi.waitFor(async () => expect(await listeners()).toEqual([]), WITHIN_MS);
  });

  test("who begins to listen while a transaction that announced stays open holds up nobody for long", async () => {
    const open = await database.client.connect();
    await open.query("begin");
    await postgresQueue({ client: open, schema: context.schema }).enqueue([sliceAt(9)]);
    const worker = await waitingWorker(database, context, pool);
    await enqueueElsewhere(database.client, context.schema, "A");
    await vi.waitFor(() => expect(worker.leased()).toBe(1), WITHIN_MS);
    await open.query("rollback");
    open.release();
    await worker.stop();
  });

  test("a pool that has no connection to give holds up neither the work nor its end", async () => {
    const busy = new pg.Pool({ connectionString: database.url, max: 2 });
    const taken = await Promise.all([busy.connect(), busy.connect()]);
    const arrivals = postgresArrivals({ client: busy, schema: context.schema });
    const worker = smallBackfill({ bars: BARS }, { queue: context.queue, arrivals });
    expect(await worker.clock.run(worker.backfill.run(requestOf("A")))).toMatchObject({ complete: true });
    for (const connection of taken) connection.release();
    await busy.end();
  });
});

test("a client that cannot listen, or could not do anything else then, is refused", () => {
  const single = new pg.Pool({ max: 1 });
  expect(() => postgresArrivals({ client: single })).toThrow(/client: expected .*, received a pool for one connection/);
  const nothing = { query: async () => ({ rows: [] }) } as unknown as ListeningClient;
  expect(() => postgresArrivals({ client: nothing })).toThrow(expect.objectContaining({ code: "OPTIONS_INVALID" }));
});
