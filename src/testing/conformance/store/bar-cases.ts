import assert from "node:assert/strict";
import type { Bar } from "../../../model/bar.ts";
import type { ConformanceCase, StoreContext } from "../conformance-case.ts";
import { coverageOf, makeBar, makeBareBar, makeBars, makeSeries, minutes, OPEN, readAll } from "./fixtures.ts";

const series = makeSeries();

/** Values that a narrower column, a text form or a default would change. */
const DELICATE: readonly Bar[] = [
  makeBar(0, { open: 0.1 + 0.2, high: 1e15 + 0.125, low: 1e-12, close: 1 / 3, vwap: 2 / 3 }),
  makeBar(1, { volume: Number.MAX_SAFE_INTEGER, tradeCount: 2 ** 31 - 1 }),
  makeBareBar(2, { volume: 0.000_000_01 }),
  makeBar(3, { volume: 0, tradeCount: 0, vwap: 0 }),
  makeBar(4, { open: -37.63, high: -0.5, low: -40.32, close: -37.63 }),
];

/** Bars: what goes in comes out. */
export const barCases: readonly ConformanceCase<StoreContext>[] = [
  {
    id: "S01",
    title: "an empty store reads no bars and covers nothing",
    async run({ store }) {
      assert.deepEqual(await readAll(store, series), []);
      assert.deepEqual(await coverageOf(store, series), []);
    },
  },
  {
    id: "S02",
    title: "read takes the bar that opens at the start and leaves the one that opens at the end",
    async run({ store }) {
      const bars = makeBars(0, 5);
      await store.commit([{ series, bars }], []);
      assert.deepEqual(await readAll(store, series, minutes(1, 3)), bars.slice(1, 3));
      assert.deepEqual(await readAll(store, series, { start: OPEN + 1, end: OPEN + 60_001 }), bars.slice(1, 2));
      assert.deepEqual(await readAll(store, series, minutes(2, 2)), []);
    },
  },
  {
    id: "S03",
    title: "every field comes back as it went in, to the last bit, and absent ones are absent",
    async run({ store }) {
      await store.commit([{ series, bars: DELICATE }], []);
      assert.deepEqual(await readAll(store, series), DELICATE);
    },
  },
  {
    id: "S04",
    title: "open times before 1970 and at odd milliseconds come back exactly",
    async run({ store }) {
      const times = [Date.UTC(1962, 0, 2), -1, 0, 1, OPEN + 7, Date.UTC(2099, 11, 31, 23, 59, 59, 999)];
      const bars = times.map((openTime) => makeBar(0, { openTime }));
      await store.commit([{ series, bars }], []);
      assert.deepEqual(await readAll(store, series), bars);
    },
  },
  {
    id: "S05",
    title: "bars come back ascending, in whatever order they were committed",
    async run({ store }) {
      const pages = [makeBars(20, 30), makeBars(0, 10), makeBars(35, 36), makeBars(10, 20), makeBars(30, 35)];
      for (const bars of pages) await store.commit([{ series, bars }], []);
      assert.deepEqual(await readAll(store, series), makeBars(0, 36));
    },
  },
  {
    id: "S06",
    title: "the same commit again changes nothing and counts every bar as unchanged",
    async run({ store }) {
      const covered = [{ series, interval: minutes(0, 10) }];
      const first = await store.commit([{ series, bars: DELICATE }], covered);
      assert.deepEqual(first, { inserted: 5, revised: 0, unchanged: 0 });
      const second = await store.commit([{ series, bars: DELICATE }], covered);
      assert.deepEqual(second, { inserted: 0, revised: 0, unchanged: 5 });
      assert.deepEqual(await readAll(store, series), DELICATE);
      assert.deepEqual(await coverageOf(store, series), [minutes(0, 10)]);
    },
  },
  {
    id: "S07",
    title: "one commit counts what is new, revised and unchanged apart",
    async run({ store }) {
      await store.commit([{ series, bars: makeBars(0, 10) }], []);
      const bars = [...makeBars(5, 8, { close: 11.5 }), ...makeBars(8, 14)];
      assert.deepEqual(await store.commit([{ series, bars }], []), { inserted: 4, revised: 3, unchanged: 2 });
      assert.deepEqual(await readAll(store, series), [...makeBars(0, 5), ...bars]);
    },
  },
  {
    id: "S08",
    title: "a revision of any one field counts and is kept, of fields that come or go too",
    async run({ store }) {
      const versions = [makeBar(0), makeBareBar(0), makeBareBar(0, { tradeCount: 7 }), makeBareBar(0, { vwap: 10.5 })];
      for (const field of ["open", "high", "low", "close", "volume", "tradeCount", "vwap"] as const) {
        versions.push(makeBar(0, { [field]: 13 }));
      }
      await store.commit([{ series, bars: [makeBar(0, { open: 8 })] }], []);
      for (const bar of versions) {
        const counts = await store.commit([{ series, bars: [bar] }], []);
        assert.deepEqual(counts, { inserted: 0, revised: 1, unchanged: 0 });
        assert.deepEqual(await readAll(store, series), [bar]);
      }
    },
  },
  {
    id: "S09",
    title: "of a bar that comes twice in one commit the later is kept, and the counts still add up",
    async run({ store }) {
      const bars = makeBars(0, 6);
      const later = makeBars(3, 9, { close: 11.5 });
      const entries = [
        { series, bars },
        { series, bars: later },
      ];
      const { inserted, revised, unchanged } = await store.commit(entries, []);
      assert.equal(inserted + revised + unchanged, 12);
      assert.deepEqual(await readAll(store, series), [...bars.slice(0, 3), ...later]);
      // What is kept is what was there before: nothing is revised to the earlier bar and back.
      assert.deepEqual(await store.commit(entries, []), { inserted: 0, revised: 0, unchanged: 12 });
      assert.deepEqual(await store.commit([{ series, bars: [...bars, ...later] }], []), {
        inserted: 0,
        revised: 0,
        unchanged: 12,
      });
    },
  },
  {
    id: "S10",
    title: "a commit of nothing, and of a series without bars, is no error and counts nothing",
    async run({ store }) {
      assert.deepEqual(await store.commit([], []), { inserted: 0, revised: 0, unchanged: 0 });
      assert.deepEqual(await store.commit([{ series, bars: [] }], []), { inserted: 0, revised: 0, unchanged: 0 });
      assert.deepEqual(await readAll(store, series), []);
    },
  },
  {
    id: "S30",
    title: "bars that open a millisecond apart are read one by one, however many",
    async run({ store }) {
      const bars = Array.from({ length: 25_000 }, (_, i) => makeBar(0, { openTime: OPEN + i }));
      await store.commit([{ series, bars }], []);
      assert.deepEqual(await readAll(store, series), bars);
    },
  },
];
