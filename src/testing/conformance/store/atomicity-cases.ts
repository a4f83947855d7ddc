import assert from "node:assert/strict";
import type { BarStore } from "../../../contracts/bar-store.ts";
import { isBarfillError } from "../../../errors.ts";
import type { Bar } from "../../../model/bar.ts";
import type { ConformanceCase, StoreContext } from "../conformance-case.ts";
import { coverageOf, makeBar, makeBars, makeSeries, minutes, OPEN, readAll } from "./fixtures.ts";

const series = makeSeries();
const others = ["A", "B", "C"].map((symbol) => makeSeries({ symbol }));

/** A commit as a whole: all or nothing, at any size, whatever else goes on. */
export const atomicityCases: readonly ConformanceCase<StoreContext>[] = [
  {
    id: "S23",
    title: "a commit of 36,000 bars in three series comes back whole",
    async run({ store }) {
      const bars = makeBars(0, 12_000);
      const counts = await store.commit(
        others.map((series) => ({ series, bars })),
        others.map((series) => ({ series, interval: minutes(0, 12_000) })),
      );
      assert.deepEqual(counts, { inserted: 36_000, revised: 0, unchanged: 0 });
      for (const series of others) {
        assert.deepEqual(await readAll(store, series), bars);
        assert.deepEqual(await coverageOf(store, series), [minutes(0, 12_000)]);
      }
    },
  },
  {
    id: "S24",
    title: "a commit with a time that is none is refused and leaves nothing, of the good series neither",
    async run({ store }) {
      await store.commit([{ series, bars: makeBars(0, 3) }], [{ series, interval: minutes(0, 3) }]);
      const entries = [series, ...others].map((series) => ({ series, bars: makeBars(2, 5, { close: 11.5 }) }));
      const covered = entries.map(({ series }) => ({ series, interval: minutes(2, 5) }));
      const bad = makeSeries({ symbol: "BAD" });
      for (const none of [Number.NaN, Number.POSITIVE_INFINITY, 0.5, 1e300]) {
        const badBars = { series: bad, bars: [makeBar(0, { openTime: none })] };
        const badSpan = { series: bad, interval: { start: OPEN, end: none } };
        await assert.rejects(
          store.commit([...entries.slice(0, 2), badBars, ...entries.slice(2)], covered),
          isBarfillError,
        );
        await assert.rejects(store.commit(entries, [...covered, badSpan]), isBarfillError);
      }

      assert.deepEqual(await readAll(store, series), makeBars(0, 3));
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 3)]);
      for (const series of [...others, bad]) {
        assert.deepEqual(await readAll(store, series), []);
        assert.deepEqual(await coverageOf(store, series), []);
      }
    },
  },
  {
    id: "S25",
    title: "commits of different series at the same time all arrive",
    async run({ store }) {
      const all = Array.from({ length: 20 }, (_, i) => makeSeries({ symbol: `S${i}` }));
      const commits = all.flatMap((series) =>
        [0, 1, 2].map((page) => commitMinutes(store, [series], 50 * page, 50 * page + 50)),
      );
      assert.equal(inserted(await Promise.all(commits)), 3000);
      for (const series of all) {
        assert.deepEqual(await readAll(store, series), makeBars(0, 150));
        assert.deepEqual(await coverageOf(store, series), [minutes(0, 150)]);
      }
    },
  },
  {
    id: "S26",
    title: "overlapping commits of one series at the same time insert each bar once and lose no coverage",
    async run({ store }) {
      const commits = Array.from({ length: 20 }, (_, i) => commitMinutes(store, [series], 10 * i, 10 * i + 30));
      assert.equal(inserted(await Promise.all(commits)), 220);
      assert.deepEqual(await readAll(store, series), makeBars(0, 220));
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 220)]);
    },
  },
  {
    id: "S27",
    title: "commits that name the same series in opposite orders do not block each other",
    async run({ store }) {
      const commits = Array.from({ length: 20 }, (_, i) =>
        commitMinutes(store, i % 2 === 0 ? others : [...others].reverse(), 5 * i, 5 * i + 20),
      );
      assert.equal(inserted(await Promise.all(commits)), 3 * 115);
      for (const series of others) assert.deepEqual(await readAll(store, series), makeBars(0, 115));
    },
  },
  {
    id: "S28",
    title: "a reader skips and doubles none of the bars that were there, whatever is committed meanwhile",
    async run({ store }) {
      const bars = makeBars(0, 3000).filter((_, i) => i % 3 === 0);
      await store.commit([{ series, bars }], []);
      const seen: Bar[] = [];
      for await (const bar of store.read(series, minutes(0, 3000))) {
        seen.push(bar);
        // Before, at and after the reader's place, the last of them beyond all that there was.
        const step = seen.length;
        if (step % 100 === 1) await commitMinutes(store, [series], step, step + 2);
        if (step % 100 === 2) await commitMinutes(store, [series], 3 * step, 3 * step + 5);
        if (step % 100 === 3) await commitMinutes(store, [series], 2990 - step, 2990 - step + 2);
        if (step % 100 === 4) await commitMinutes(store, [series], 3000 + step, 3001 + step);
      }
      const there = new Set(bars.map(({ openTime }) => openTime));
      assert.deepEqual(
        seen.filter(({ openTime }) => there.has(openTime)),
        bars,
      );
      assert.ok(
        seen.every((bar, i) => i === 0 || bar.openTime > (seen[i - 1] as Bar).openTime),
        "the bars ascend",
      );
    },
  },
  {
    id: "S29",
    title: "a reader may stop early, and the store goes on",
    async run({ store }) {
      await commitMinutes(store, [series], 0, 2000);
      for (let round = 0; round < 20; round++) {
        for await (const bar of store.read(series, minutes(0, 2000))) {
          assert.deepEqual(bar, makeBar(0));
          break;
        }
      }
      await commitMinutes(store, [series], 2000, 2001);
      assert.deepEqual(await readAll(store, series), makeBars(0, 2001));
    },
  },
];

function commitMinutes(store: BarStore, all: readonly (typeof series)[], from: number, to: number) {
  return store.commit(
    all.map((series) => ({ series, bars: makeBars(from, to) })),
    all.map((series) => ({ series, interval: minutes(from, to) })),
  );
}

function inserted(counts: readonly { readonly inserted: number }[]): number {
  return counts.reduce((sum, { inserted }) => sum + inserted, 0);
}
