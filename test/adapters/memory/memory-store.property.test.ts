import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryStore } from "../../../src/adapters/memory/index.ts";
import type { Bar } from "../../../src/model/bar.ts";
import type { Interval } from "../../../src/model/interval.ts";
import { type Series, seriesKey } from "../../../src/model/series.ts";
import { readAll } from "../../../src/testing/conformance/store/fixtures.ts";

const ALL: readonly Series[] = (["raw", "split"] as const).flatMap((adjustment) =>
  ["A", "B"].map((symbol) => ({ provider: "test", symbol, timeframe: "1Min", feed: "sip", adjustment }) as const),
);

/** One bar an instant, every covered instant by itself: too simple to be wrong. */
function model() {
  const bars = new Map<string, Bar>();
  const covered = new Set<string>();
  return {
    commit(
      entries: readonly { series: Series; bars: readonly Bar[] }[],
      spans: readonly { series: Series; interval: Interval }[],
    ) {
      const given = new Map<string, Bar>();
      for (const { series, bars } of entries)
        for (const bar of bars) given.set(`${seriesKey(series)}@${bar.openTime}`, bar);
      let inserted = 0;
      let revised = 0;
      for (const [key, bar] of given) {
        const held = bars.get(key);
        if (held === undefined) inserted++;
        else if (held.close !== bar.close) revised++;
        bars.set(key, bar);
      }
      for (const { series, interval } of spans) {
        for (let t = interval.start; t < interval.end; t++) covered.add(`${seriesKey(series)}@${t}`);
      }
      const passed = entries.reduce((sum, { bars }) => sum + bars.length, 0);
      return { inserted, revised, unchanged: passed - inserted - revised };
    },
    read: (series: Series, within: Interval) =>
      instants(within).flatMap((t) => bars.get(`${seriesKey(series)}@${t}`) ?? []),
    covers: (series: Series, within: Interval) =>
      instants(within).filter((t) => covered.has(`${seriesKey(series)}@${t}`)),
  };
}

function instants({ start, end }: Interval): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

function bar(openTime: number, close: number): Bar {
  return { openTime, open: 1, high: 9, low: 1, close, volume: 5 };
}

const series = fc.constantFrom(...ALL);
const interval = fc
  .tuple(fc.integer({ min: -5, max: 40 }), fc.integer({ min: 0, max: 15 }))
  .map(([start, length]) => ({ start, end: start + length }));
const someBars = fc.array(
  fc.tuple(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 1, max: 2 })).map(([time, close]) => bar(time, close)),
  { maxLength: 12 },
);
const commit = fc.record({
  bars: fc.array(fc.record({ series, bars: someBars }), { maxLength: 4 }),
  covered: fc.array(fc.record({ series, interval }), { maxLength: 4 }),
});

test("the store and a naive model agree on counts, bars and coverage after any commits", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 8 }), interval, async (commits, within) => {
      const store = memoryStore();
      const naive = model();
      for (const { bars, covered } of commits) {
        expect(await store.commit(bars, covered)).toEqual(naive.commit(bars, covered));
      }
      const coverage = await store.coverage(ALL, within);
      for (const series of ALL) {
        expect(await readAll(store, series, within)).toEqual(naive.read(series, within));
        const spans = coverage.get(seriesKey(series)) ?? [];
        expect(spans.flatMap(instants)).toEqual(naive.covers(series, within));
        // Disjoint and never touching: an instant lies between any two.
        for (const [i, { start }] of spans.slice(1).entries()) expect(start).toBeGreaterThan(spans[i]?.end ?? start);
      }
    }),
    { numRuns: 300 },
  );
});

const page = fc.record({
  start: fc.integer({ min: 0, max: 12_000 }),
  length: fc.integer({ min: 1, max: 9000 }),
  step: fc.integer({ min: 1, max: 3 }),
});

test("pages longer and shorter than a block, in any order, come back as one ascending series", async () => {
  const [series] = ALL as [Series];
  await fc.assert(
    fc.asyncProperty(fc.array(page, { maxLength: 8 }), async (pages) => {
      const store = memoryStore();
      const held = new Map<number, Bar>();
      for (const [version, { start, length, step }] of pages.entries()) {
        const bars = Array.from({ length }, (_, i) => bar(start + i * step, version));
        const inserted = bars.filter(({ openTime }) => !held.has(openTime)).length;
        expect((await store.commit([{ series, bars }], [])).inserted).toBe(inserted);
        for (const one of bars) held.set(one.openTime, one);
      }
      const expected = [...held.values()].sort((a, b) => a.openTime - b.openTime);
      expect(await readAll(store, series, { start: 0, end: 1e6 })).toEqual(expected);
    }),
    { numRuns: 20 },
  );
});
