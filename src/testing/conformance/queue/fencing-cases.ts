import assert from "node:assert/strict";
import type { Lease, SliceQueue } from "../../../contracts/slice-queue.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { assertLost, barsByState, claimOne, ERROR, RESULT, runsByState, slices, TTL_MS } from "./fixtures.ts";

type Call = (queue: SliceQueue, lease: Lease) => Promise<unknown>;

const CALLS = {
  renew: (queue, lease) => queue.renew(lease, { percent: 99, bars: 999, requests: 1 }, TTL_MS),
  complete: (queue, lease) => queue.complete(lease, { bars: 999, requests: 1 }),
  retry: (queue, lease) => queue.retry(lease, { notBefore: 0, error: ERROR, attemptSpent: true }),
  fail: (queue, lease) => queue.fail(lease, ERROR),
} as const satisfies Record<string, Call>;

function takenOver(id: string, name: keyof typeof CALLS): ConformanceCase<QueueContext> {
  return {
    id,
    title: `${name} is refused when the run was taken over, and the new lease is none the worse`,
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      const stale = await claimOne(queue);
      await advance(TTL_MS + 30_000);
      const current = await claimOne(queue);
      await assertLost(CALLS[name](queue, stale), stale);
      assert.deepEqual(await barsByState(queue), { running: 0 });
      await queue.renew(current, { percent: 1, bars: 1, requests: 1 }, TTL_MS);
      await queue.complete(current, RESULT);
      await assertLost(CALLS[name](queue, stale), stale);
      assert.deepEqual(await barsByState(queue), { success: RESULT.bars });
    },
  };
}

/** What comes under a lease that is lost is refused and changes nothing. */
export const fencingCases: readonly ConformanceCase<QueueContext>[] = [
  takenOver("Q27", "renew"),
  takenOver("Q28", "complete"),
  takenOver("Q29", "retry"),
  takenOver("Q30", "fail"),
  {
    id: "Q31",
    title: "whatever comes under the lease of a cancelled run is refused",
    async run({ queue }) {
      await queue.enqueue(slices(1));
      const lease = await claimOne(queue);
      assert.equal(await queue.cancel({}), 1);
      for (const call of Object.values(CALLS)) await assertLost(call(queue, lease), lease);
      assert.deepEqual(await barsByState(queue), { cancelled: 0 });
    },
  },
  {
    id: "Q32",
    title: "whatever comes after complete is refused, complete itself too",
    async run({ queue }) {
      await queue.enqueue(slices(1));
      const lease = await claimOne(queue);
      await queue.complete(lease, RESULT);
      for (const call of Object.values(CALLS)) await assertLost(call(queue, lease), lease);
      assert.deepEqual(await barsByState(queue), { success: RESULT.bars });
    },
  },
  {
    id: "Q33",
    title: "whatever comes after fail or retry is refused",
    async run({ queue }) {
      for (const [state, end] of [
        ["failed", CALLS.fail],
        ["queued", CALLS.retry],
      ] as const) {
        await queue.enqueue(slices(1));
        const lease = await claimOne(queue);
        await end(queue, lease);
        for (const call of Object.values(CALLS)) await assertLost(call(queue, lease), lease);
        assert.deepEqual(await runsByState(queue), { [state]: 1 });
      }
    },
  },
  {
    id: "Q34",
    title: "a lease from before the run was queued afresh is refused",
    async run({ queue }) {
      await queue.enqueue(slices(1));
      const stale = await claimOne(queue);
      await queue.cancel({});
      await queue.enqueue(slices(1));
      for (const call of Object.values(CALLS)) await assertLost(call(queue, stale), stale);
      const current = await claimOne(queue);
      for (const call of Object.values(CALLS)) await assertLost(call(queue, stale), stale);
      await queue.complete(current, RESULT);
    },
  },
  {
    id: "Q35",
    title: "a lease on a slice that the queue never saw is refused",
    async run({ queue }) {
      await queue.enqueue(slices(1));
      const lease = await claimOne(queue);
      const unknown = { ...lease, slice: { ...lease.slice, id: "0".repeat(32) } };
      for (const call of Object.values(CALLS)) await assertLost(call(queue, unknown), unknown);
      await queue.complete(lease, RESULT);
    },
  },
];
