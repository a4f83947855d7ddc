import assert from "node:assert/strict";
import type { RunFilter } from "../../../contracts/slice-queue.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { barsByState, claim, claimOne, ERROR, idsOf, RESULT, runsByState, sliceAt, slices } from "./fixtures.ts";

/** The states of runs: what the queue tells of them, and how they are changed from outside. */
export const stateCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q07",
    title: "counts has one row a label and state, by label, then by state, with the bars of progress and result",
    async run({ queue }) {
      await queue.enqueue([...slices(4, { label: "B" }), ...slices(1, { label: "A" }), ...slices(1)]);
      const [first, second, third] = await claim(queue, { limit: 3 });
      assert.ok(first !== undefined && second !== undefined && third !== undefined, "three runs are due");
      await queue.renew(first, { percent: 10, bars: 99, requests: 1 }, 60_000);
      await queue.complete(first, { bars: 100, requests: 2 });
      await queue.complete(second, { bars: 200, requests: 2 });
      await queue.renew(third, { percent: 50, bars: 7, requests: 1 }, 60_000);
      const counts = await queue.counts();
      assert.deepEqual(
        counts.filter(({ label }) => label !== undefined),
        [
          { label: "A", state: "queued", runs: 1, bars: 0 },
          { label: "B", state: "queued", runs: 1, bars: 0 },
          { label: "B", state: "running", runs: 1, bars: 7 },
          { label: "B", state: "success", runs: 2, bars: 300 },
        ],
      );
      assert.deepEqual(
        counts.filter(({ label }) => label === undefined),
        [{ state: "queued", runs: 1, bars: 0 }],
      );
    },
  },
  {
    id: "Q08",
    title: "progress is seen at once and stays when the run is retried, taken over or fails",
    async run({ queue, advance }) {
      await queue.enqueue(slices(1));
      const first = await claimOne(queue);
      await queue.renew(first, { percent: 25, bars: 3, requests: 1 }, 60_000);
      assert.deepEqual(await barsByState(queue), { running: 3 });
      await queue.retry(first, { notBefore: 0, error: ERROR, attemptSpent: true });
      assert.deepEqual(await barsByState(queue), { queued: 3 });
      await queue.renew(await claimOne(queue), { percent: 50, bars: 6, requests: 1 }, 60_000);
      await advance(90_000);
      const third = await claimOne(queue);
      assert.deepEqual(await barsByState(queue), { running: 6 });
      await queue.fail(third, ERROR);
      assert.deepEqual(await barsByState(queue), { failed: 6 });
    },
  },
  {
    id: "Q09",
    title: "requeue puts failed runs, and no others, back with their attempts given back",
    async run({ queue }) {
      await queue.enqueue([...slices(2, { label: "A" }), ...slices(1, { label: "B" })]);
      for (const lease of await claim(queue, { limit: 3 })) await queue.fail(lease, ERROR);
      await queue.enqueue(slices(3));
      await queue.complete(await claimOne(queue), RESULT);
      await claimOne(queue);
      await queue.cancel({ states: ["queued"] });
      assert.equal(await queue.requeue({ label: "B", states: ["queued", "success", "cancelled", "running"] }), 0);
      assert.equal(await queue.requeue({ label: "B" }), 1);
      assert.deepEqual(await runsByState(queue), { queued: 1, running: 1, success: 1, failed: 2, cancelled: 1 });
      const lease = await claimOne(queue);
      assert.equal(lease.slice.label, "B");
      assert.equal(lease.attempt, 1);
      assert.equal(await queue.requeue({}), 2);
    },
  },
  {
    id: "Q10",
    title: "cancel takes queued and running runs that match every field, and says how many",
    async run({ queue }) {
      await queue.enqueue([
        ...slices(4, { label: "A" }),
        ...slices(4, { label: "B" }),
        ...slices(4, { label: "B", timeframe: "1Hour" }),
      ]);
      const [done, held] = await claim(queue, { limit: 2 });
      assert.ok(done !== undefined && held !== undefined, "two runs are due");
      await queue.complete(done, RESULT);
      const cancelled: [RunFilter, number][] = [
        [{ label: "IBM" }, 0],
        [{ ids: [] }, 0],
        [{ ids: ["unknown"] }, 0],
        [{ ids: [done.slice.id] }, 0],
        [{ states: ["success", "failed", "cancelled"] }, 0],
        [{ label: "A", timeframe: "1Hour" }, 0],
        [{ states: ["running"] }, 1],
        [{ label: "B", timeframe: "1Hour" }, 4],
        [{ ids: idsOf(slices(2, { label: "B" })), states: ["queued", "running"] }, 2],
        [{ label: "A" }, 2],
        [{}, 2],
        [{}, 0],
      ];
      for (const [filter, runs] of cancelled) {
        assert.equal(await queue.cancel(filter), runs, JSON.stringify(filter));
      }
      assert.deepEqual(await runsByState(queue), { success: 1, cancelled: 11 });
      assert.deepEqual(await claim(queue, { limit: 12 }), []);
    },
  },
  {
    id: "Q11",
    title: "open lists what is queued or running, due or not, by priority, then in the order it came",
    async run({ queue }) {
      assert.deepEqual(await queue.open({}), []);
      const [high, low] = [sliceAt(8, { priority: 9, label: "A" }), sliceAt(9, { priority: -1, timeframe: "1Hour" })];
      await queue.enqueue([low, ...slices(6), high]);
      const [running, later, ...over] = await claim(queue, { limit: 6 });
      assert.ok(running !== undefined && later !== undefined && over.length === 4, "six runs are due");
      await queue.retry(later, { notBefore: running.expiresAt + 1e9, error: ERROR, attemptSpent: true });
      for (const [i, lease] of over.entries()) {
        if (i === 0) await queue.fail(lease, ERROR);
        else if (i === 1) await queue.cancel({ ids: [lease.slice.id] });
        else await queue.complete(lease, RESULT);
      }
      assert.deepEqual(await queue.open({}), [high, later.slice, sliceAt(5), low]);
      assert.deepEqual(await queue.open({ states: ["running"] }), [high]);
      assert.deepEqual(await queue.open({ label: "A", states: ["queued", "success"] }), []);
      assert.deepEqual(await queue.open({ timeframe: "1Hour" }), [low]);
      assert.deepEqual(await queue.open({ ids: idsOf(over) }), []);
    },
  },
  {
    id: "Q48",
    title: "open lists the first so many of what matches, where it is bounded, and all where there are no more",
    async run({ queue }) {
      const low = sliceAt(0, { priority: -1, label: "A" });
      await queue.enqueue([
        low,
        ...slices(3, { label: "A", symbols: ["SPY"] }),
        sliceAt(9, { priority: 9, label: "B" }),
      ]);
      const all = await queue.open({ label: "A" });
      assert.equal(all.length, 4);
      for (const limit of [1, 3, 4, 5]) {
        assert.deepEqual(await queue.open({ label: "A", limit }), all.slice(0, limit), `${limit}`);
      }
      assert.deepEqual(await queue.open({ label: "C", limit: 2 }), []);
    },
  },
  {
    id: "Q41",
    title: "counts, open and cancel take a provider, so that workers of one source see theirs alone",
    async run({ queue }) {
      await queue.enqueue([...slices(2, { label: "A" }), ...slices(3, { label: "A", provider: "other" })]);
      const running = await claimOne(queue, { provider: "other" });
      assert.deepEqual(await queue.counts({ provider: "other" }), [
        { label: "A", state: "queued", runs: 2, bars: 0 },
        { label: "A", state: "running", runs: 1, bars: 0 },
      ]);
      assert.deepEqual(await queue.counts({ provider: "test", states: ["running"] }), []);
      assert.deepEqual(idsOf(await queue.open({ provider: "test" })), idsOf(slices(2, { label: "A" })));
      assert.equal(await queue.cancel({ provider: "test" }), 2);
      assert.deepEqual(await runsByState(queue), { queued: 2, running: 1, cancelled: 2 });
      await queue.complete(running, RESULT);
    },
  },
  {
    id: "Q56",
    title:
      "failures, where there is such a method, tells why runs have failed and for how long they have, and of no others",
    async run({ queue }) {
      const failuresOf = queue.failures?.bind(queue);
      if (failuresOf === undefined) return;
      const all = slices(6);
      await queue.enqueue(all);
      const [bad, down, over, again, waits] = await claim(queue, { limit: 5 });
      assert.ok(bad && down && over && again && waits, "five runs are due");
      const ids = [...idsOf(all), "unknown"];
      assert.deepEqual(await failuresOf(ids), []);
      const other = { code: "SOURCE_DATA_INVALID", message: "3 bad bars were kept out" };
      await queue.fail(bad, other);
      await queue.fail(down, ERROR);
      await queue.fail(again, ERROR);
      await queue.complete(over, RESULT);
      await queue.retry(waits, { notBefore: 0, error: ERROR, attemptSpent: true });
      assert.equal(await queue.requeue({ ids: [again.slice.id] }), 1);
      const failures = [...(await failuresOf([...ids, bad.slice.id]))];
      const expected = [
        { id: bad.slice.id, error: other },
        { id: down.slice.id, error: ERROR },
      ];
      const told = failures.map(({ id, error }) => ({ id, error }));
      const byId = (a: { readonly id: string }, b: { readonly id: string }) => (a.id < b.id ? -1 : 1);
      assert.deepEqual(told.sort(byId), expected.sort(byId));
      for (const { agoMs } of failures) assert.ok(agoMs >= 0 && agoMs < 600_000, `${agoMs} ms ago`);
      assert.equal((await failuresOf([down.slice.id])).length, 1);
      assert.deepEqual(await failuresOf([]), []);
      assert.equal(await queue.enqueue([bad.slice]), 1);
      assert.deepEqual(await failuresOf([bad.slice.id]), []);
    },
  },
];
