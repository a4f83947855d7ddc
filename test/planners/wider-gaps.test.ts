import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { SourceLimits } from "../../src/contracts/bar-source.ts";
import type { Gap } from "../../src/model/coverage.ts";
import { contains, type Interval, intersect, merge, subtract } from "../../src/model/interval.ts";
import { seriesKey } from "../../src/model/series.ts";
import type { Slice } from "../../src/model/slice.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/units.ts";
import { fixedWindow } from "../../src/planners/fixed-window.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import type { Planner } from "../../src/planners/planner.ts";
import { widerGaps } from "../../src/planners/wider-gaps.ts";
import { fewestPages } from "../../src/planning/fewest-pages.ts";
import { plannedSpans } from "../../src/planning/wanted.ts";
import { CRYPTO, day, gap, inputOf, STOCKS, span, tickers } from "./fixtures.ts";

const NOW = day("2024-06-04");
const input = inputOf([], { limits: CRYPTO });
/** Covered up to `agoMs` ago. */
const until = (symbol: string, agoMs: number): Gap => gap(symbol, [{ start: NOW - agoMs, end: NOW }]);
const pagesOf = (slices: readonly Slice[]) => slices.reduce((sum, { estimate }) => sum + estimate.pages, 0);
const cut = (gaps: readonly Gap[], planner: Planner = pageBudget()) =>
  fewestPages(planner, { ...input, gaps }, plannedSpans());

describe("symbols that are covered up to different instants", () => {
  it("are asked for together where all of it fits on a page: 1 request in place of 50", () => {
    const gaps = tickers(50).map((symbol, i) => until(symbol, (i + 1) * MINUTE_MS));
    expect(pageBudget()({ ...input, gaps })).toHaveLength(50);
    const [slice, ...more] = cut(gaps);
    expect(more).toEqual([]);
    expect(slice).toMatchObject({ interval: { start: NOW - 50 * MINUTE_MS, end: NOW }, estimate: { pages: 1 } });
    expect(slice?.symbols).toHaveLength(50);
  });

  it("are asked for together as far as that pays, though one of them lacks years", () => {
    const gaps = [until("NEW", 1000 * DAY_MS), ...tickers(50).map((symbol, i) => until(symbol, (i + 1) * MINUTE_MS))];
    const slices = cut(gaps);
    expect(slices.filter(({ symbols }) => !symbols.includes("NEW"))).toHaveLength(1);
    expect(slices.find(({ symbols }) => symbols.includes("NEW"))?.symbols).toEqual(["NEW"]);
  });

  it("cost no more pages where they lack days: 20 symbols of 1 to 20 days are 36 pages in place of 41", () => {
    const gaps = tickers(20).map((symbol, i) => until(symbol, (i + 1) * DAY_MS));
    expect(pagesOf(pageBudget()({ ...input, gaps }))).toBe(41);
    expect(pagesOf(cut(gaps))).toBe(36);
  });

  it("are so for longer timeframes too", () => {
    const gaps = tickers(50).map((symbol, i) =>
      gap(symbol, [{ start: NOW - (i + 1) * DAY_MS, end: NOW }], { timeframe: "1Day" }),
    );
    expect(cut(gaps)).toHaveLength(1);
  });

  it("stay apart where nothing is won: one interval, or gaps that do not touch", () => {
    const same = tickers(5).map((symbol) => until(symbol, DAY_MS));
    expect(widerGaps(same, input)).toBe(same);
    const apart = tickers(5).map((symbol, i) =>
      gap(symbol, [{ start: NOW - (2 * i + 1) * DAY_MS, end: NOW - 2 * i * DAY_MS }]),
    );
    expect(widerGaps(apart, input)).toBe(apart);
    expect(widerGaps([], input)).toEqual([]);
  });

  it("leave an old hole where it is, while today's end moves on", () => {
    const hole = { start: NOW - 300 * MINUTE_MS, end: NOW - 299 * MINUTE_MS };
    const gaps = tickers(3).map((symbol, i) => {
      const end = { start: NOW - (i + 1) * MINUTE_MS, end: NOW };
      return gap(symbol, i === 1 ? [hole, end] : [end]);
    });
    expect(cut(gaps).map(({ symbols, interval }) => [symbols.length, interval])).toContainEqual([1, hole]);
  });

  it("are not widened into what somebody else asks for", () => {
    const gaps = tickers(4).map((symbol, i) => until(symbol, (i + 1) * MINUTE_MS));
    const isTaken = ({ symbol }: { readonly symbol: string }) => symbol === "S0";
    const wider = widerGaps(gaps, input, isTaken);
    expect(wider.find(({ series }) => series.symbol === "S0")).toEqual(gaps[0]);
    expect(wider.find(({ series }) => series.symbol === "S1")?.intervals).toEqual([
      { start: NOW - 4 * MINUTE_MS, end: NOW },
    ]);
  });
});

/** Minutes of a few days that are much alike, so that many touch. */
const intervals = fc
  .array(
    fc
      .tuple(
        fc.integer({ min: 0, max: 6 }),
        fc.constantFrom(0, 1, 3, 60, 400, 1440),
        fc.constantFrom(1, 2, 60, 1440, 20_000),
      )
      .map(([days, minutes, length]) => {
        const start = day("2023-03-06") + days * DAY_MS + minutes * MINUTE_MS;
        return { start, end: start + length * MINUTE_MS };
      }),
    { minLength: 1, maxLength: 3 },
  )
  .map(merge);
const gaps: fc.Arbitrary<Gap[]> = fc.uniqueArray(
  fc
    .record({
      symbol: fc.constantFrom(...tickers(12)),
      list: intervals,
      timeframe: fc.constantFrom("1Min" as const, "1Hour" as const, "1Day" as const),
    })
    .map(({ symbol, list, timeframe }) => gap(symbol, list, { timeframe })),
  { maxLength: 24, selector: ({ series }) => seriesKey(series) },
);
const limits: fc.Arbitrary<SourceLimits> = fc
  .record({
    base: fc.constantFrom(STOCKS, CRYPTO),
    pageSize: fc.constantFrom(50, 1000, 10_000),
    symbolsPerRequest: fc.constantFrom(1, 3, 1000),
  })
  .map(({ base, ...more }) => ({ ...base, ...more }));
const planner = fc.constantFrom(
  pageBudget(),
  pageBudget({ pages: 1 }),
  fixedWindow(),
  fixedWindow({ symbols: 2, days: 1 }),
);

/** What others ask for, of any series. */
const taken = fc.constantFrom<Interval | undefined>(undefined, span("2023-03-07", "2023-03-08"));

test("all that is wanted is asked for once, nothing beyond the hull of what touches, nothing that is taken, in no more pages", () => {
  fc.assert(
    fc.property(gaps, limits, planner, taken, (all, limits, planner, taken) => {
      const planned = plannedSpans();
      // Gaps are without what is queued.
      const wanted = all.flatMap(({ series, intervals }) => {
        const rest = taken === undefined ? [...intervals] : subtract(intervals, [taken]);
        return rest.length === 0 ? [] : [{ series, intervals: rest }];
      });
      if (taken !== undefined)
        planned.add(pageBudget()(inputOf(all.map(({ series }) => ({ series, intervals: [taken] })))));
      const input = inputOf(wanted, { limits });
      const slices = fewestPages(planner, input, planned);
      expect(pagesOf(slices)).toBeLessThanOrEqual(pagesOf(planner(input)));

      const hulls = merge(wanted.flatMap(({ intervals }) => intervals));
      for (const { series, intervals } of all) {
        const asked = slices
          .filter(({ timeframe, symbols }) => timeframe === series.timeframe && symbols.includes(series.symbol))
          .map(({ interval }) => interval);
        const time = (some: readonly Interval[]) => some.reduce((sum, { start, end }) => sum + end - start, 0);
        expect(time(merge(asked))).toBe(time(asked));
        if (taken !== undefined) expect(intersect(asked, [taken])).toEqual([]);
        const own = wanted.find((one) => one.series === series)?.intervals ?? [];
        expect(subtract(own, asked)).toEqual([]);
        expect(intervals.length === 0 ? asked : subtract(asked, hulls)).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});

test("ten thousand symbols that end at as many instants are seen through", () => {
  const many = tickers(10_000).map((symbol, i) => until(symbol, (i + 1) * MINUTE_MS));
  const wider = widerGaps(many, inputOf([], { limits: CRYPTO }));
  expect(wider).toHaveLength(many.length);
  expect(wider.every(({ intervals }) => intervals.length === 1 && contains(intervals[0] as Interval, NOW - 1))).toBe(
    true,
  );
});
