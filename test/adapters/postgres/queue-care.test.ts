import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/adapters/memory/index.ts";
import { postgresQueue } from "../../../src/adapters/postgres/index.ts";
import { createBackfill } from "../../../src/index.ts";
import { scriptedSource } from "../../../src/testing/scripted-source.ts";
import { backends, type TestDatabase } from "../../support/postgres.ts";
import { CLAIM, openQueue, RESULT, sliceAt, slices } from "./queue-fixtures.ts";

describe.each(backends)("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  async function blockedQueue() {
    const { schema } = await openQueue(database);
    // As a user of barfill makes them.
    const queue = postgresQueue({ client: database.client, schema });
    const source = { ...scriptedSource({ bars: {} }), provider: "test" };
    const backfill = createBackfill({ source, store: memoryStore(), queue });
    const batches = ["US_BATCH_1", "US_BATCH_2"].flatMap((label) => slices(5, { label, symbols: ["A", "AA"] }));
    await queue.enqueue([...slices(3000, { priority: 1, timeframe: "5Min" }), ...batches]);
    return { queue, backfill, batches };
  }

  test("3,000 single-symbol runs that block the queue are cancelled in one call, and the batches are next", async () => {
    const { queue, backfill, batches } = await blockedQueue();
    expect((await queue.open({})).slice(0, 3000).every(({ symbols }) => symbols.length === 1)).toBe(true);
    expect(await backfill.cancel({ timeframe: "5Min", states: ["queued"] })).toBe(3000);
    expect(await queue.open({})).toEqual(batches);
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 10 });
    expect(leases.map(({ slice }) => slice)).toEqual(batches);
    expect(await backfill.status()).toEqual([
      { state: "cancelled", runs: 3000, bars: 0 },
      { label: "US_BATCH_1", state: "running", runs: 5, bars: 0 },
      { label: "US_BATCH_2", state: "running", runs: 5, bars: 0 },
    ]);
  });

  test("what no field of a filter tells apart is cancelled by its ids", async () => {
    const { queue, backfill, batches } = await blockedQueue();
    const single = (await queue.open({})).filter(({ symbols }) => symbols.length === 1);
    expect(await backfill.cancel({ ids: single.map(({ id }) => id) })).toBe(3000);
    expect(await queue.open({})).toEqual(batches);
  });

  test("a run that was made failed by hand keeps no other from going back", async () => {
    const { queue, schema } = await openQueue(database);
    const [byHand, failed] = [sliceAt(0), sliceAt(1, { priority: 1 })];
    await queue.enqueue([byHand, failed]);
    const [lease] = await queue.lease({ ...CLAIM, token: "a" });
    if (lease === undefined) throw new Error("a run is due");
    await queue.fail(lease, { code: "X", message: "x" });
    await database.client.query(`update ${schema}.job_runs set status = 'failed' where slice_id = '${byHand.id}'`);
    expect(await queue.requeue({})).toBe(2);
    const leases = await queue.lease({ ...CLAIM, token: "b", limit: 10 });
    expect(leases.map(({ slice }) => slice)).toEqual([failed, byHand]);
  });

  test("what failed goes back with one call, what is over is deleted with another", async () => {
    const { queue, backfill } = await blockedQueue();
    await backfill.cancel({ timeframe: "5Min" });
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 10 });
    await Promise.all(
      leases.map((lease, i) =>
        i < 4 ? queue.fail(lease, { code: "X", message: "x" }) : queue.complete(lease, RESULT),
      ),
    );
    expect(await backfill.retryFailed({ label: "US_BATCH_2" })).toBe(0);
    expect(await backfill.retryFailed()).toBe(4);
    expect(await queue.open({})).toEqual(slices(4, { label: "US_BATCH_1", symbols: ["A", "AA"] }));
    expect(await queue.prune({ olderThanMs: 0 })).toBe(3006);
    expect(await backfill.status()).toEqual([{ label: "US_BATCH_1", state: "queued", runs: 4, bars: 0 }]);
    expect(await queue.enqueue([sliceAt(0, { label: "US_BATCH_1", symbols: ["A", "AA"] })])).toBe(0);
  });
});
