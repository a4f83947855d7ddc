import assert from "node:assert/strict";
import type { Lease, RunningRun } from "../../../contracts/slice-queue.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import {
  assertLost,
  barsByState,
  claim,
  claimOne,
  ERROR,
  idsOf,
  newToken,
  RESULT,
  runsByState,
  slices,
  TTL_MS,
} from "./fixtures.ts";

/** How long a claim lasts, and whose it is. */
export const leaseCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q20",
    title: "a lease says whose it is, under which token, until when, and which attempt it is",
    async run({ queue }) {
      await queue.enqueue(slices(2));
      const token = newToken();
      const short = await claimOne(queue, { workerId: "w1", token });
      const long = await claimOne(queue, { workerId: "w2", ttlMs: 10 * TTL_MS });
      assert.deepEqual([short.workerId, short.token, short.attempt, short.expiries], ["w1", token, 1, 0]);
      assert.deepEqual(short.before, { percent: 0, bars: 0, requests: 0 });
      assert.equal(long.workerId, "w2");
      assert.ok(long.expiresAt - short.expiresAt >= 8 * TTL_MS, "the time to live decides");
      assert.deepEqual(await runsByState(queue), { running: 2 });
    },
  },
  {
    id: "Q21",
    title: "a leased run is leased to nobody else until the lease expires, and then it is",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      const first = await claimOne(queue, { workerId: "w1" });
      await advance(TTL_MS / 2);
      assert.deepEqual(await claim(queue), []);
      await advance(TTL_MS);
      const second = await claimOne(queue, { workerId: "w2" });
      assert.deepEqual(second.slice, first.slice);
      assert.equal(second.workerId, "w2");
      assert.deepEqual(await claim(queue), []);
      await queue.complete(second, RESULT);
    },
  },
  {
    id: "Q22",
    title: "renew prolongs the lease from now, and the old lease stays as good as the new one",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      const first = await claimOne(queue);
      for (let i = 0; i < 3; i++) {
        const renewed = await queue.renew(first, { percent: i, bars: i, requests: 1 }, TTL_MS);
        assert.deepEqual({ ...renewed, expiresAt: 0 }, { ...first, expiresAt: 0 });
        assert.ok(renewed.expiresAt >= first.expiresAt, "it expires no earlier");
        await advance(TTL_MS - 20_000);
        assert.deepEqual(await claim(queue), []);
      }
      await queue.complete(first, RESULT);
      assert.deepEqual(await runsByState(queue), { success: 1 });
    },
  },
  {
    id: "Q23",
    title: "an expired lease that nobody took can still be renewed, and holds again",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      const lease = await claimOne(queue);
      await advance(2 * TTL_MS);
      const renewed = await queue.renew(lease, { percent: 1, bars: 1, requests: 1 }, TTL_MS);
      assert.deepEqual(await claim(queue), []);
      await advance(2 * TTL_MS);
      await queue.complete(renewed, RESULT);
      assert.deepEqual(await runsByState(queue), { success: 1 });
    },
  },
  {
    id: "Q24",
    title: "the same token again returns the same leases, not more",
    async run({ queue }) {
      await queue.enqueue(slices(6));
      const token = newToken();
      const first = await claim(queue, { token, limit: 3 });
      assert.equal(first.length, 3);
      assert.deepEqual(await claim(queue, { token, limit: 3 }), first);
      assert.deepEqual(await claim(queue, { token, limit: 5 }), first);
      assert.deepEqual(await runsByState(queue), { queued: 3, running: 3 });
    },
  },
  {
    id: "Q25",
    title: "the same token returns what is still held under it when a part is completed, retried, failed or taken",
    async run({ queue, advance }) {
      await queue.enqueue(slices(6));
      const token = newToken();
      const [a, b, c, d, e] = await claim(queue, { token, limit: 5 });
      assert.ok(a && b && c && d && e);
      await queue.complete(a, RESULT);
      await queue.retry(b, { notBefore: 0, error: ERROR, attemptSpent: true });
      await queue.fail(c, ERROR);
      const kept = await queue.renew(d, { percent: 1, bars: 1, requests: 1 }, 10 * TTL_MS);
      assert.deepEqual(idsOf(await claim(queue, { token, limit: 5 })).sort(), idsOf([d, e]).sort());
      await advance(2 * TTL_MS);
      assert.deepEqual(idsOf(await claim(queue)), idsOf([e]));
      assert.deepEqual(idsOf(await claim(queue, { token, limit: 5 })), idsOf([kept]));
    },
  },
  {
    id: "Q26",
    title: "an attempt that is spent counts, one that is handed back does not",
    async run({ queue }) {
      await queue.enqueue(slices(1));
      const attempts: number[] = [];
      for (const attemptSpent of [true, false, false, true, true]) {
        const lease = await claimOne(queue);
        attempts.push(lease.attempt);
        await queue.retry(lease, { notBefore: 0, error: ERROR, attemptSpent });
      }
      assert.deepEqual(attempts, [1, 2, 2, 2, 3]);
      assert.equal((await claimOne(queue)).attempt, 4);
    },
  },
  {
    id: "Q53",
    title: "a lease that ran out and was taken over costs no attempt, and counts as an expiry",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      let lease = await claimOne(queue);
      // By name or not: a worker that dies is not the run's fault.
      for (const expiries of [1, 2, 3, 4]) {
        await advance(TTL_MS + 30_000);
        lease = await claimOne(queue, expiries % 2 === 0 ? { ids: [lease.slice.id] } : {});
        assert.deepEqual([lease.attempt, lease.expiries], [1, expiries]);
      }
      assert.deepEqual(await claim(queue, { token: lease.token }), [lease]);
      // One that ran out, and that nobody took, is none.
      await advance(TTL_MS + 30_000);
      const renewed = await queue.renew(lease, lease.before, TTL_MS);
      assert.equal(renewed.expiries, 4);
      await queue.retry(lease, { notBefore: 0, error: ERROR, attemptSpent: true });
      assert.equal((await claimOne(queue)).attempt, 2);
    },
  },
  {
    id: "Q54",
    title: "expiries add up over retries, until the run is requeued or queued afresh",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      let lease = await claimOne(queue);
      const expire = async () => {
        await advance(TTL_MS + 30_000);
        lease = await claimOne(queue);
      };
      for (const attemptSpent of [true, false]) {
        await expire();
        await queue.retry(lease, { notBefore: 0, error: ERROR, attemptSpent });
        lease = await claimOne(queue);
      }
      assert.equal(lease.expiries, 2);
      await queue.fail(lease, ERROR);
      await queue.requeue({});
      lease = await claimOne(queue);
      assert.equal(lease.expiries, 0);
      await expire();
      assert.equal(lease.expiries, 1);
      await queue.complete(lease, RESULT);
      await queue.enqueue(slices(1));
      assert.equal((await claimOne(queue)).expiries, 0);
    },
  },
  {
    id: "Q55",
    title: "a claim tells how far the run has come, however it was left, until it is queued afresh",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      let lease = await claimOne(queue);
      const come = (hours: number) => ({ percent: 20 * hours, bars: 100 * hours, requests: hours });
      const assertBefore = async (hours: number) => {
        lease = await claimOne(queue);
        assert.deepEqual(lease.before, come(hours));
      };
      await queue.renew(lease, come(1), TTL_MS);
      assert.deepEqual(
        (await claim(queue, { token: lease.token })).map(({ before }) => before),
        [come(1)],
      );
      await advance(TTL_MS + 30_000);
      await assertBefore(1);
      await queue.retry(lease, { notBefore: 0, error: ERROR, attemptSpent: true, progress: come(2) });
      await assertBefore(2);
      await queue.retry(lease, { notBefore: 0, attemptSpent: false });
      await assertBefore(2);
      await queue.fail(lease, ERROR, come(3));
      assert.deepEqual(await barsByState(queue), { failed: 300 });
      await queue.requeue({});
      await assertBefore(3);
      await queue.fail(lease, ERROR);
      await queue.requeue({});
      await assertBefore(3);
      await queue.complete(lease, { bars: 400, requests: 4 });
      assert.deepEqual(await barsByState(queue), { success: 400 });
      await queue.enqueue(slices(1));
      await assertBefore(0);
    },
  },
  {
    id: "Q52",
    title: "a lease that is renewed several times at once is renewed, and no other is the worse for it",
    async run({ queue }) {
      await queue.enqueue(slices(3));
      const [first, second, third] = await claim(queue, { limit: 3 });
      assert.ok(first !== undefined && second !== undefined && third !== undefined, "three runs are due");
      await queue.complete(third, RESULT);
      const renew = (lease: Lease, bars: number) => queue.renew(lease, { percent: 1, bars, requests: 1 }, TTL_MS);
      const lost = assertLost(renew(third, 9), third);
      await Promise.all([renew(first, 1), renew(second, 10), renew(first, 2), renew(second, 20), renew(first, 3)]);
      await lost;
      assert.deepEqual(await barsByState(queue), { running: 23, success: RESULT.bars });
    },
  },
  {
    id: "Q45",
    title: "a claim with a bound on running runs leaves no more than so many; expired leases leave room",
    async run({ queue, advance }) {
      await queue.enqueue([...slices(8), ...slices(2, { provider: "other" })]);
      const bound = { provider: "test", maxRunning: 3 };
      await claim(queue, { provider: "other", limit: 2 });
      assert.equal((await claim(queue, { ...bound, limit: 2 })).length, 2);
      const [third, ...more] = await claim(queue, { ...bound, limit: 5 });
      assert.ok(third !== undefined);
      assert.deepEqual(more, []);
      assert.deepEqual(await claim(queue, { ...bound, limit: 5 }), []);
      for (const maxRunning of [3, 0]) {
        const again = await claim(queue, { ...bound, maxRunning, limit: 5, token: third.token });
        assert.deepEqual(idsOf(again), [third.slice.id], "what the token holds is no new run");
      }
      await queue.complete(third, RESULT);
      const renewed = await queue.renew(
        await claimOne(queue, bound),
        { percent: 1, bars: 1, requests: 1 },
        10 * TTL_MS,
      );
      await advance(2 * TTL_MS);
      const freed = await claim(queue, { ...bound, limit: 5 });
      assert.equal(freed.length, 2);
      assert.ok(!idsOf(freed).includes(renewed.slice.id), "a lease that was renewed holds");
      assert.deepEqual(await claim(queue, { provider: "test", maxRunning: 0 }), []);
    },
  },
  {
    id: "Q47",
    title: "running shows what is running, the longest claimed first, with its holder, its age and its bars",
    async run({ queue, advance }) {
      assert.deepEqual(await queue.running({}), []);
      await queue.enqueue(slices(4));
      const first = await claimOne(queue, { workerId: "w1" });
      await advance(TTL_MS / 2);
      const second = await claimOne(queue, { workerId: "w2" });
      const over = await claimOne(queue);
      await queue.complete(over, RESULT);
      const before = await queue.running({ provider: "test" });
      await queue.renew(first, { percent: 50, bars: 7, requests: 1 }, 20 * TTL_MS);
      await queue.renew(second, { percent: 1, bars: 0, requests: 0 }, TTL_MS);
      const after = await queue.running({ provider: "test" });
      assert.deepEqual(
        after.map(({ slice, workerId, attempt, bars }) => [slice.id, workerId, attempt, bars]),
        [
          [first.slice.id, "w1", 1, 7],
          [second.slice.id, "w2", 1, 0],
        ],
      );
      const since = (runs: readonly RunningRun[]) => runs.map((run) => run.since);
      assert.deepEqual(since(after), since(before), "when each was claimed, renewed or not");
      const [one, other] = after;
      assert.ok(one !== undefined && other !== undefined);
      assert.ok(one.expiresAt - other.expiresAt > 15 * TTL_MS, "until the renewal says");
      assert.deepEqual(await queue.running({ ids: [over.slice.id] }), []);
    },
  },
];
