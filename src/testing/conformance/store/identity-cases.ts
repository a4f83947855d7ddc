import assert from "node:assert/strict";
import { type Series, seriesKey } from "../../../model/series.ts";
import type { ConformanceCase, StoreContext } from "../conformance-case.ts";
import { coverageOf, EVER, makeBar, makeSeries, minutes, readAll } from "./fixtures.ts";

/** Each differs from the first in one part. */
const NEIGHBOURS: readonly Series[] = [
  makeSeries(),
  makeSeries({ provider: "other" }),
  makeSeries({ symbol: "IBM" }),
  makeSeries({ timeframe: "5Min" }),
  makeSeries({ feed: "iex" }),
  makeSeries({ adjustment: "split" }),
  makeSeries({ adjustment: "split,dividend" }),
];

/** What SQL, URLs, patterns, JSON, paths, separators, collations and trimming would take for something else. */
const ODD_SYMBOLS = [
  "BRK.B",
  "BRK B",
  "BRKB",
  "brk.b",
  "BTC/USD",
  "BTC%2FUSD",
  "O'Neil",
  '"quoted"',
  "'; DROP TABLE bars; --",
  "100%",
  "100_",
  "A,B",
  "{A,B}",
  "A|B",
  "A\\B",
  "A\tB",
  " A",
  "A ",
  "A",
  "$1",
  ":a",
  "null",
  "NULL",
  "true",
  "__proto__",
  "トヨタ",
  "\u00e9",
  "e\u0301",
  "🚀",
];

/** What makes two series different, and what does not. */
export const identityCases: readonly ConformanceCase<StoreContext>[] = [
  {
    id: "S11",
    title: "series that differ in one part keep their bars apart",
    async run({ store }) {
      const bars = NEIGHBOURS.map((_, i) => makeBar(0, { volume: i + 1 }));
      const entries = NEIGHBOURS.map((series, i) => ({ series, bars: bars.slice(i, i + 1) }));
      const counts = await store.commit(entries, []);
      assert.deepEqual(counts, { inserted: NEIGHBOURS.length, revised: 0, unchanged: 0 });
      for (const { series, bars } of entries) assert.deepEqual(await readAll(store, series), bars, seriesKey(series));
    },
  },
  {
    id: "S12",
    title: "series that differ in one part keep their coverage apart",
    async run({ store }) {
      const covered = NEIGHBOURS.map((series, i) => ({ series, interval: minutes(10 * i, 10 * i + 5) }));
      await store.commit([], covered);
      for (const { series, interval } of covered) {
        assert.deepEqual(await coverageOf(store, series), [interval], seriesKey(series));
      }
    },
  },
  {
    id: "S13",
    title: "a symbol is data: any characters, told apart exactly, never interpreted",
    async run({ store }) {
      const all = ODD_SYMBOLS.map((symbol) => makeSeries({ symbol }));
      const entries = all.map((series, i) => ({ series, bars: [makeBar(i, { volume: i })] }));
      const covered = all.map((series, i) => ({ series, interval: minutes(i, i + 1) }));
      const counts = await store.commit(entries, covered);
      assert.deepEqual(counts, { inserted: all.length, revised: 0, unchanged: 0 });
      const coverage = await store.coverage(all, EVER);
      for (const [i, { series, bars }] of entries.entries()) {
        assert.deepEqual(await readAll(store, series), bars, series.symbol);
        assert.deepEqual(coverage.get(seriesKey(series)), [minutes(i, i + 1)], series.symbol);
      }
    },
  },
];
