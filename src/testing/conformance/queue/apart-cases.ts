import assert from "node:assert/strict";
import type { Slice } from "../../../model/slice.ts";
import { HOUR_MS } from "../../../model/units.ts";
import type { ConformanceCase, QueueContext } from "../conformance-case.ts";
import { claimOne, ERROR, RESULT, sliceAt } from "./fixtures.ts";

/** The slice of `hours` hours from `hour`. */
function sliceFrom(hour: number, hours: number, parts: Partial<Omit<Slice, "id">> = {}): Slice {
  return sliceAt(hour, { interval: { start: hour * HOUR_MS, end: (hour + hours) * HOUR_MS }, ...parts });
}

const APART = { apart: true };

/** That the same bars are not queued twice. */
export const apartCases: readonly ConformanceCase<QueueContext>[] = [
  {
    id: "Q49",
    title: "enqueue apart leaves out what shares bars with an open run, however it was cut and whomever it serves",
    async run({ queue }) {
      await queue.enqueue([sliceFrom(10, 10, { label: "A" })]);
      const shares: Partial<Slice>[] = [
        { label: "A" },
        { label: "B" },
        {},
        { symbols: ["AAPL", "SPY"] },
        { priority: 9 },
      ];
      for (const parts of shares) {
        for (const [hour, hours] of [
          [19, 2],
          [9, 2],
          [12, 1],
          [9, 12],
        ] as const) {
          const slice = sliceFrom(hour, hours, parts);
          assert.equal(await queue.enqueue([slice], APART), 0, JSON.stringify(slice));
        }
      }
      const others: Partial<Slice>[] = [
        { provider: "other" },
        { symbols: ["AAPL", "QQQ"] },
        { timeframe: "5Min" },
        { feed: "iex" },
        { adjustment: "all" },
        { again: 20 * HOUR_MS },
      ];
      for (const parts of others) {
        const slice = sliceFrom(9, 12, parts);
        assert.equal(await queue.enqueue([slice], APART), 1, JSON.stringify(slice));
        await queue.cancel({ ids: [slice.id] });
      }
      // Half-open: what touches shares nothing. What is apart is queued, beside what is not.
      const [before, after] = [sliceFrom(9, 1, { label: "A" }), sliceFrom(20, 1, { label: "A" })];
      assert.equal(await queue.enqueue([before, sliceFrom(19, 1), after], APART), 2);
      assert.equal(await queue.enqueue([before, after], APART), 0);
      // Who does not say so may: slices that are put in the place of others come before those go.
      assert.equal(await queue.enqueue([sliceFrom(12, 1)]), 1);
    },
  },
  {
    id: "Q50",
    title: "enqueue apart heeds runs that are running or ask again, and not those that are over",
    async run({ queue }) {
      const later = sliceFrom(1, 2);
      const ends = [
        async () => queue.complete(await claimOne(queue), RESULT),
        async () => queue.fail(await claimOne(queue), ERROR),
        async () => queue.cancel({}),
      ];
      for (const end of ends) {
        await queue.enqueue([sliceFrom(0, 2, { again: 2 * HOUR_MS })]);
        assert.equal(await queue.enqueue([later], APART), 0);
        await end();
      }
      await queue.enqueue([sliceFrom(0, 2)]);
      const lease = await claimOne(queue);
      assert.equal(await queue.enqueue([later], APART), 0);
      await queue.complete(lease, RESULT);
      assert.equal(await queue.enqueue([later], APART), 1);
    },
  },
  {
    id: "Q51",
    title: "of slices that are enqueued apart at once, and share bars, one is queued",
    async run({ queue }) {
      for (let round = 0; round < 5; round++) {
        const added = await Promise.all(
          Array.from({ length: 8 }, (_, i) => queue.enqueue([sliceFrom(round * 100, 10 + i)], APART)),
        );
        assert.deepEqual(added.sort(), [0, 0, 0, 0, 0, 0, 0, 1]);
      }
      assert.equal((await queue.open({})).length, 5);
    },
  },
];
