import type { PGlite } from "@electric-sql/pglite";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { memoryStore } from "../../../src/adapters/memory/index.ts";
import type { Bar } from "../../../src/model/bar.ts";
import { seriesKey } from "../../../src/model/series.ts";
import { EVER, makeSeries, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { openPglite, type TestDatabase } from "../../support/postgres.ts";
import { freshStore } from "./fixtures.ts";

const ALL = ["A", "B", "C"].map((symbol) => makeSeries({ symbol }));

let database: TestDatabase<PGlite>;
beforeAll(async () => {
  database = await openPglite();
});
afterAll(() => database.close());

const series = fc.constantFrom(...ALL);
const value = fc.constantFrom(1, 2.5, 0.1 + 0.2);
const bar = fc.record(
  {
    openTime: fc.integer({ min: 0, max: 40 }),
    open: value,
    high: value,
    low: value,
    close: value,
    volume: value,
    tradeCount: fc.integer({ min: 1, max: 2 }),
    vwap: value,
  },
  { requiredKeys: ["openTime", "open", "high", "low", "close", "volume"] },
) as fc.Arbitrary<Bar>;
const interval = fc
  .tuple(fc.integer({ min: -5, max: 40 }), fc.integer({ min: 0, max: 15 }))
  .map(([start, length]) => ({ start, end: start + length }));
const commit = fc.record({
  bars: fc.array(fc.record({ series, bars: fc.array(bar, { maxLength: 8 }) }), { maxLength: 4 }),
  covered: fc.array(fc.record({ series, interval }), { maxLength: 4 }),
});

test("counts, bars and coverage are those of the memory store after any commits", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 8 }), interval, async (commits, within) => {
      const { store } = await freshStore(database);
      const reference = memoryStore();
      for (const { bars, covered } of commits) {
        expect(await store.commit(bars, covered)).toEqual(await reference.commit(bars, covered));
      }
      const [coverage, expected] = [await store.coverage(ALL, within), await reference.coverage(ALL, within)];
      for (const series of ALL) {
        const key = seriesKey(series);
        expect(coverage.get(key) ?? []).toEqual(expected.get(key) ?? []);
        expect(await readAll(store, series, EVER)).toEqual(await readAll(reference, series, EVER));
      }
    }),
    { numRuns: 40 },
  );
});
