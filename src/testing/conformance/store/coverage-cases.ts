import assert from "node:assert/strict";
import { seriesKey } from "../../../model/series.ts";
import type { ConformanceCase, StoreContext } from "../conformance-case.ts";
import { coverageOf, EVER, makeBars, makeSeries, minutes, OPEN, readAll } from "./fixtures.ts";

const series = makeSeries();
const span = (from: number, to: number) => ({ series, interval: minutes(from, to) });

/** Coverage: what was asked and answered to the last page. */
export const coverageCases: readonly ConformanceCase<StoreContext>[] = [
  {
    id: "S14",
    title: "coverage of separate spans comes back ascending and apart",
    async run({ store }) {
      await store.commit([], [span(40, 50), span(0, 10)]);
      await store.commit([], [span(20, 30)]);
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 10), minutes(20, 30), minutes(40, 50)]);
    },
  },
  {
    id: "S15",
    title: "spans that touch become one",
    async run({ store }) {
      await store.commit([], [span(10, 20)]);
      await store.commit([], [span(20, 30), span(0, 10)]);
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 30)]);
    },
  },
  {
    id: "S16",
    title: "spans that overlap, or lie within each other, become one",
    async run({ store }) {
      await store.commit([], [span(10, 20), span(15, 25), span(12, 14)]);
      await store.commit([], [span(0, 11), span(16, 17)]);
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 25)]);
      await store.commit([], [span(-10, 40)]);
      assert.deepEqual(await coverageOf(store, series), [minutes(-10, 40)]);
    },
  },
  {
    id: "S17",
    title: "coverage is exact to the millisecond",
    async run({ store }) {
      const left = { start: OPEN, end: OPEN + 999 };
      const right = { start: OPEN + 1000, end: OPEN + 2000 };
      await store.commit(
        [],
        [left, right].map((interval) => ({ series, interval })),
      );
      assert.deepEqual(await coverageOf(store, series), [left, right]);
    },
  },
  {
    id: "S18",
    title: "coverage is clipped to what is asked, at both ends, and a span that only touches it is left out",
    async run({ store }) {
      await store.commit([], [span(0, 10), span(20, 30), span(40, 50)]);
      assert.deepEqual(await coverageOf(store, series, minutes(5, 45)), [
        minutes(5, 10),
        minutes(20, 30),
        minutes(40, 45),
      ]);
      assert.deepEqual(await coverageOf(store, series, minutes(22, 24)), [minutes(22, 24)]);
      assert.deepEqual(await coverageOf(store, series, minutes(10, 20)), []);
    },
  },
  {
    id: "S19",
    title: "a span without a single bar is covered: no bars is an answer",
    async run({ store }) {
      await store.commit([{ series, bars: [] }], [span(0, 10)]);
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 10)]);
      assert.deepEqual(await readAll(store, series), []);
    },
  },
  {
    id: "S20",
    title: "bars alone cover nothing",
    async run({ store }) {
      await store.commit([{ series, bars: makeBars(0, 10) }], []);
      assert.deepEqual(await coverageOf(store, series), []);
    },
  },
  {
    id: "S21",
    title: "an empty span covers nothing",
    async run({ store }) {
      await store.commit([], [span(5, 5)]);
      assert.deepEqual(await coverageOf(store, series), []);
    },
  },
  {
    id: "S22",
    title: "one call answers for many series, each with its own, and unknown ones have nothing",
    async run({ store }) {
      const known = Array.from({ length: 120 }, (_, i) => makeSeries({ symbol: `S${i}` }));
      await store.commit(
        [],
        known.map((series, i) => ({ series, interval: minutes(i, i + 2) })),
      );
      const unknown = makeSeries({ symbol: "UNKNOWN" });
      const coverage = await store.coverage([unknown, ...known], EVER);
      assert.deepEqual(coverage.get(seriesKey(unknown)) ?? [], []);
      for (const [i, series] of known.entries()) {
        assert.deepEqual(coverage.get(seriesKey(series)), [minutes(i, i + 2)]);
      }
      assert.equal((await store.coverage([], EVER)).size, 0);
    },
  },
];
