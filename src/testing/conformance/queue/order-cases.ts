import assert from "node:assert/strict";
import type { Slice } from "../../../model/slice.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import {
  assertLost,
  claim,
  claimedAt,
  claimOne,
  ERROR,
  idsOf,
  newToken,
  RESULT,
  sliceAt,
  slices,
  TTL_MS,
} from "./fixtures.ts";

/** Which runs are leased, and which first. */
export const orderCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q12",
    title: "runs of one priority are leased in the order they came",
    async run({ queue }) {
      const all = slices(30).reverse();
      await queue.enqueue(all.slice(0, 10));
      for (const slice of all.slice(10, 20)) await queue.enqueue([slice]);
      await queue.enqueue(all.slice(20));
      const leased = [...(await claim(queue, { limit: 12 })), ...(await claim(queue, { limit: 18 }))];
      assert.deepEqual(idsOf(leased), idsOf(all));
    },
  },
  {
    id: "Q13",
    title: "a higher priority is leased first, whenever it came",
    async run({ queue }) {
      const [low, high, none, below] = [1, 10, 0, -1].map((priority, hour) => sliceAt(hour, { priority }));
      assert.ok(low && high && none && below);
      await queue.enqueue([below, none, low, high]);
      assert.deepEqual(idsOf(await claim(queue, { limit: 2 })), idsOf([high, low]));
      const late = sliceAt(9, { priority: 5 });
      await queue.enqueue([late]);
      assert.deepEqual(idsOf(await claim(queue, { limit: 9 })), idsOf([late, none, below]));
    },
  },
  {
    id: "Q14",
    title: "a claim takes no more than its limit, and nothing when nothing is left",
    async run({ queue }) {
      await queue.enqueue(slices(5));
      assert.equal((await claim(queue, { limit: 3 })).length, 3);
      assert.equal((await claim(queue, { limit: 3 })).length, 2);
      assert.deepEqual(await claim(queue, { limit: 3 }), []);
    },
  },
  {
    id: "Q15",
    title: "expired leases come before queued runs of any priority",
    async run({ queue, advance }) {
      await queue.enqueue(slices(3));
      const held = await claim(queue, { limit: 3 });
      await queue.enqueue([sliceAt(9, { priority: 1000 })]);
      await advance(TTL_MS + 30_000);
      const taken = await claim(queue, { limit: 3 });
      assert.deepEqual(idsOf(taken).sort(), idsOf(held).sort());
      assert.deepEqual(idsOf(await claim(queue)), [sliceAt(9).id]);
    },
  },
  {
    id: "Q16",
    title: "a retried run is not leased before its time, and then it is",
    async run({ queue, advance }) {
      await queue.enqueue([sliceAt(0, { priority: 9 }), sliceAt(1)]);
      const lease = await claimOne(queue);
      const notBefore = claimedAt(lease) + 300_000;
      await queue.retry(lease, { notBefore, error: ERROR, attemptSpent: true });
      assert.deepEqual(idsOf(await claim(queue, { limit: 2 })), [sliceAt(1).id]);
      await advance(240_000);
      await queue.cancel({ ids: [sliceAt(1).id] });
      assert.deepEqual(await claim(queue, { limit: 2 }), []);
      await advance(90_000);
      assert.deepEqual(idsOf(await claim(queue, { limit: 2 })), [sliceAt(0).id]);
    },
  },
  {
    id: "Q17",
    title: "a run that is retried for a time in the past is due at once, by its priority",
    async run({ queue }) {
      await queue.enqueue([sliceAt(0), sliceAt(1, { priority: 9 })]);
      const lease = await claimOne(queue);
      await queue.retry(lease, { notBefore: 0, attemptSpent: false });
      assert.deepEqual(idsOf(await claim(queue, { limit: 2 })), idsOf([sliceAt(1), sliceAt(0)]));
    },
  },
  {
    id: "Q18",
    title: "a claim for one provider takes its runs only, expired ones too",
    async run({ queue, advance }) {
      const [a, b] = ["a", "b"].map((provider) => slices(2, { provider }));
      assert.ok(a && b);
      await queue.enqueue([...a, ...b]);
      assert.deepEqual(idsOf(await claim(queue, { provider: "b", limit: 9 })), idsOf(b));
      assert.deepEqual(await claim(queue, { provider: "b", limit: 9 }), []);
      assert.deepEqual(await claim(queue, { provider: "c", limit: 9 }), []);
      await advance(TTL_MS + 30_000);
      assert.deepEqual(idsOf(await claim(queue, { provider: "a", limit: 9 })), idsOf(a));
      assert.deepEqual(idsOf(await claim(queue, { limit: 9 })).sort(), idsOf(b).sort());
    },
  },
  {
    id: "Q42",
    title: "a claim for certain slices takes those only, in order and up to its limit, and none for an empty list",
    async run({ queue }) {
      const all = [0, 1, 2, 3, 4].map((hour) => sliceAt(hour, { priority: hour === 3 ? 9 : 0 }));
      const [a, b, c, d, e] = all as [Slice, Slice, Slice, Slice, Slice];
      await queue.enqueue(all);
      assert.deepEqual(await claim(queue, { ids: [], limit: 9 }), []);
      assert.deepEqual(await claim(queue, { ids: [sliceAt(9).id], limit: 9 }), []);
      assert.deepEqual(await claim(queue, { ids: idsOf([b]), provider: "other", limit: 9 }), []);
      const ids = idsOf([e, d, b, b, sliceAt(9)]);
      assert.deepEqual(idsOf(await claim(queue, { ids, limit: 2 })), idsOf([d, b]));
      assert.deepEqual(idsOf(await claim(queue, { ids, limit: 2 })), idsOf([e]));
      assert.deepEqual(idsOf(await claim(queue, { limit: 9 })), idsOf([a, c]));
    },
  },
  {
    id: "Q43",
    title: "a claim for certain slices takes their expired leases, first, and none that is leased, not due or over",
    async run({ queue, advance }) {
      const all = slices(5);
      const [expired, leased, later, over, queued] = all as [Slice, Slice, Slice, Slice, Slice];
      await queue.enqueue(all.slice(0, 4));
      const [dead, , waiting, completed] = await claim(queue, { limit: 4 });
      assert.ok(dead && waiting && completed);
      await queue.retry(waiting, { notBefore: claimedAt(waiting) + 600_000, attemptSpent: true });
      await queue.complete(completed, RESULT);
      await advance(TTL_MS + 30_000);
      assert.deepEqual(idsOf(await claim(queue, { ids: idsOf([leased]) })), idsOf([leased]));
      await queue.enqueue([{ ...queued, priority: 9 }]);
      const token = newToken();
      const taken = await claim(queue, { ids: idsOf([queued, expired, leased, later, over]), limit: 9, token });
      assert.deepEqual(idsOf(taken), idsOf([expired, queued]));
      assert.deepEqual(idsOf(await claim(queue, { ids: [], limit: 1, token })).sort(), idsOf([expired, queued]).sort());
      assert.equal(taken[0]?.expiries, 1);
      await assertLost(queue.complete(dead, RESULT), dead);
      assert.deepEqual(await claim(queue, { limit: 9 }), []);
    },
  },
  {
    id: "Q19",
    title: "two thousand slices go in with one call and come out in order",
    async run({ queue }) {
      const all = slices(2000);
      assert.equal(await queue.enqueue(all), 2000);
      const leased: string[] = [];
      for (let i = 0; i < 4; i++) leased.push(...idsOf(await claim(queue, { limit: 500 })));
      assert.deepEqual(leased, idsOf(all));
    },
  },
];
