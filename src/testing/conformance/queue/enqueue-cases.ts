import assert from "node:assert/strict";
import type { Lease, SliceQueue } from "../../../contracts/slice-queue.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { barsByState, claim, claimOne, ERROR, idsOf, RESULT, runsByState, sliceAt, slices } from "./fixtures.ts";

/** The ways in which a run can be over. */
const ENDS: readonly ((queue: SliceQueue, lease: Lease) => Promise<unknown>)[] = [
  (queue, lease) => queue.complete(lease, RESULT),
  (queue, lease) => queue.fail(lease, ERROR),
  (queue, lease) => queue.cancel({ ids: [lease.slice.id] }),
];

/** What goes in, and that it comes out the same. */
export const enqueueCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q01",
    title: "an empty queue leases, cancels, requeues and counts nothing",
    async run({ queue }) {
      assert.deepEqual(await claim(queue, { limit: 5 }), []);
      assert.equal(await queue.enqueue([]), 0);
      assert.equal(await queue.cancel({}), 0);
      assert.equal(await queue.requeue({}), 0);
      assert.deepEqual(await queue.counts(), []);
    },
  },
  {
    id: "Q02",
    title: "enqueue says how many slices were new, counting none twice",
    async run({ queue }) {
      assert.equal(await queue.enqueue(slices(3)), 3);
      assert.equal(await queue.enqueue(slices(5)), 2);
      assert.equal(await queue.enqueue([sliceAt(9), sliceAt(9)]), 1);
      assert.deepEqual(await runsByState(queue), { queued: 6 });
    },
  },
  {
    id: "Q03",
    title: "enqueue leaves a queued or running slice alone",
    async run({ queue }) {
      await queue.enqueue(slices(2));
      const lease = await claimOne(queue);
      assert.equal(await queue.enqueue(slices(2)), 0);
      assert.deepEqual(await runsByState(queue), { queued: 1, running: 1 });
      await queue.complete(lease, RESULT);
    },
  },
  {
    id: "Q04",
    title: "enqueue queues a slice afresh when its run is over, whichever way it ended",
    async run({ queue }) {
      for (const end of ENDS) {
        assert.equal(await queue.enqueue(slices(1)), 1);
        const lease = await claimOne(queue);
        assert.equal(lease.attempt, 1);
        await queue.renew(lease, { percent: 50, bars: 5, requests: 1 }, 60_000);
        await end(queue, lease);
      }
      assert.equal(await queue.enqueue(slices(1)), 1);
      assert.deepEqual(await barsByState(queue), { queued: 0 });
    },
  },
  {
    id: "Q05",
    title: "a slice comes back as it went in",
    async run({ queue }) {
      const many = Array.from({ length: 200 }, (_, i) => `S${String(i).padStart(3, "0")}`);
      const all = [
        sliceAt(0),
        sliceAt(1, { label: "US_BATCH_1", symbols: many, priority: -3, estimate: { bars: 0, pages: 0 } }),
        sliceAt(2, { timeframe: "1Month", feed: "us-1", adjustment: "dividend,spin-off", priority: 7 }),
        sliceAt(3, { interval: { start: -1, end: 4_102_444_800_001 }, estimate: { bars: 1e9 + 0.25, pages: 0.1 } }),
        sliceAt(4, { again: 4_102_444_800_000 }),
      ];
      await queue.enqueue(all);
      const leases = await claim(queue, { limit: 5 });
      const byId = new Map(leases.map(({ slice }) => [slice.id, slice]));
      for (const slice of all) assert.deepEqual(byId.get(slice.id), slice);
    },
  },
  {
    id: "Q06",
    title: "labels, symbols, names, tokens and messages are data",
    async run({ queue }) {
      const odd = `'; DROP TABLE job_runs; -- "x" {a,b} $1 % _ \\ é 🚀`;
      const slice = sliceAt(0, { label: odd, symbols: ["'; --", odd, "{A,B}"], provider: odd });
      await queue.enqueue([slice, sliceAt(1, { label: "SPY" }), sliceAt(2)]);
      const options = { workerId: odd, token: `${odd}1`, provider: odd, limit: 3 };
      const [lease] = await claim(queue, options);
      assert.ok(lease !== undefined, "a run is due");
      assert.deepEqual(lease.slice, slice);
      assert.equal(lease.workerId, odd);
      assert.deepEqual(idsOf(await claim(queue, options)), [slice.id]);
      await queue.retry(lease, { notBefore: 0, error: { code: odd, message: odd }, attemptSpent: true });
      await queue.fail(await claimOne(queue, { provider: odd }), { code: odd, message: odd });
      assert.equal(await queue.requeue({ label: odd }), 1);
      // A label is never a symbol: two slices hold SPY, one serves a job of that name.
      assert.equal(await queue.cancel({ label: "SPY" }), 1);
      assert.deepEqual(await runsByState(queue), { queued: 2, cancelled: 1 });
    },
  },
];
