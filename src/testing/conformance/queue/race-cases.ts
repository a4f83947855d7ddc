import assert from "node:assert/strict";
import type { Lease, SliceQueue } from "../../../contracts/slice-queue.ts";
import { isBarfillError } from "../../../errors.ts";
import { defined } from "../../../model/defined.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { assertLost, claim, claimOne, idsOf, newToken, RESULT, runsByState, slices, TTL_MS } from "./fixtures.ts";

const RUNS = 200;

/** Works off what is due, three runs at a time; returns what it completed. */
async function drain(queue: SliceQueue, workerId: string): Promise<string[]> {
  const completed: string[] = [];
  for (;;) {
    const leases = await claim(queue, { workerId, limit: 3 });
    if (leases.length === 0) return completed;
    for (const lease of leases) {
      await queue.renew(lease, { percent: 50, bars: 5, requests: 1 }, TTL_MS);
      await queue.complete(lease, RESULT);
      completed.push(lease.slice.id);
    }
    assert.ok(completed.length <= RUNS, "no run comes back after it was completed");
  }
}

async function drainTogether(queue: SliceQueue, workers: number): Promise<string[]> {
  return (await Promise.all(Array.from({ length: workers }, (_, i) => drain(queue, `worker-${i}`)))).flat();
}

/** Many at once. */
export const raceCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q36",
    title: "ten workers, one of them dead, drain 200 runs three at a time until dry: every run completed exactly once",
    async run({ queue, advance }) {
      const all = slices(RUNS);
      await queue.enqueue(all);
      const [dead, ...completed] = await Promise.all([
        claim(queue, { workerId: "dead", limit: 3 }),
        ...Array.from({ length: 9 }, (_, i) => drain(queue, `worker-${i}`)),
      ]);
      assert.equal(dead.length, 3);
      assert.equal(completed.flat().length, RUNS - 3);
      assert.deepEqual(await runsByState(queue), { running: 3, success: RUNS - 3 });
      await advance(TTL_MS + 30_000);
      completed.push(await drainTogether(queue, 10));
      assert.deepEqual(completed.flat().sort(), idsOf(all).sort());
      for (const lease of dead) await assertLost(queue.complete(lease, RESULT), lease);
      assert.deepEqual(await runsByState(queue), { success: RUNS });
    },
  },
  {
    id: "Q37",
    title: "expired leases that ten workers take over at once go to one worker each",
    async run({ queue, advance }) {
      await queue.enqueue(slices(50));
      assert.equal((await claim(queue, { limit: 50 })).length, 50);
      await advance(TTL_MS + 30_000);
      const taken = await Promise.all(Array.from({ length: 10 }, () => claim(queue, { limit: 10 })));
      // Rows that another claim holds may be passed over, so a claim can come back short, but never with the same.
      const ids = idsOf(taken.flat());
      assert.equal(new Set(ids).size, ids.length);
      const rest = await drainTogether(queue, 2);
      assert.deepEqual([...ids, ...rest].sort(), idsOf(slices(50)).sort());
    },
  },
  {
    id: "Q44",
    title: "runs that many claim by id at once, beside claims for any, go to one worker each",
    async run({ queue, advance }) {
      const all = slices(40);
      await queue.enqueue(all);
      assert.equal((await claim(queue, { limit: 20 })).length, 20);
      await advance(TTL_MS + 30_000);
      const claims = Array.from({ length: 12 }, (_, i) => {
        const ids = i % 3 === 0 ? undefined : idsOf(i % 3 === 1 ? all : [...all].reverse());
        return claim(queue, { limit: 5, ...defined({ ids }) });
      });
      const ids = idsOf((await Promise.all(claims)).flat());
      assert.equal(new Set(ids).size, ids.length);
      assert.deepEqual([...ids, ...(await drainTogether(queue, 2))].sort(), idsOf(all).sort());
    },
  },
  {
    id: "Q46",
    title: "claims with a bound on running runs never exceed it together",
    async run({ queue }) {
      await queue.enqueue(slices(40));
      for (let round = 1; round <= 4; round++) {
        const claims = Array.from({ length: 8 }, () => claim(queue, { limit: 2, maxRunning: 3 }));
        const leases = (await Promise.all(claims)).flat();
        assert.equal(leases.length, 3, "as many as there is room for");
        await Promise.all(leases.map((lease) => queue.complete(lease, RESULT)));
      }
      assert.deepEqual(await runsByState(queue), { queued: 28, success: 12 });
    },
  },
  {
    id: "Q38",
    title: "the same token twice at the same time returns the same leases",
    async run({ queue }) {
      await queue.enqueue(slices(20));
      const token = newToken();
      const claims = await Promise.all(Array.from({ length: 5 }, () => claim(queue, { token, limit: 4 })));
      for (const leases of claims) assert.deepEqual(idsOf(leases).sort(), idsOf(claims[0] ?? []).sort());
      assert.deepEqual(await runsByState(queue), { queued: 16, running: 4 });
    },
  },
  {
    id: "Q39",
    title: "slices that are enqueued many times at once are new once and leased once",
    async run({ queue }) {
      const all = slices(40);
      const added = await Promise.all(
        Array.from({ length: 8 }, (_, i) => queue.enqueue(i % 2 === 0 ? all : [...all].reverse())),
      );
      assert.equal(
        added.reduce((sum, count) => sum + count, 0),
        40,
      );
      assert.deepEqual((await drainTogether(queue, 4)).sort(), idsOf(all).sort());
    },
  },
  {
    id: "Q40",
    title: "of complete and cancel at the same time one wins, and says so",
    async run({ queue }) {
      await queue.enqueue(slices(20));
      for (let i = 0; i < 20; i++) {
        const lease = await claimOne(queue);
        const complete = () => completes(queue, lease);
        const cancel = () => queue.cancel({ ids: [lease.slice.id] });
        const [one, other] = await Promise.all(i % 2 === 0 ? [complete(), cancel()] : [cancel(), complete()]);
        assert.equal(Number(one) + Number(other), 1);
      }
      const { success = 0, cancelled = 0, ...others } = await runsByState(queue);
      assert.equal(success + cancelled, 20);
      assert.deepEqual(others, {});
    },
  },
];

/** False when the lease was lost. */
async function completes(queue: SliceQueue, lease: Lease): Promise<boolean> {
  try {
    await queue.complete(lease, RESULT);
    return true;
  } catch (error) {
    if (isBarfillError(error, "LEASE_LOST")) return false;
    throw error;
  }
}
