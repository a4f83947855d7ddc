import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SourceLimits } from "../../src/contracts/bar-source.ts";
import type { Gap } from "../../src/model/coverage.ts";
import { type Interval, merge } from "../../src/model/interval.ts";
import { seriesKey } from "../../src/model/series.ts";
import { calendarFor, type MarketHours } from "../../src/model/session.ts";
import { type Slice, seriesOf } from "../../src/model/slice.ts";
import { TIMEFRAMES } from "../../src/model/timeframe.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/units.ts";
import { fixedWindow } from "../../src/planners/fixed-window.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import type { Planner } from "../../src/planners/planner.ts";
import { CRYPTO, gap, inputOf, STOCKS } from "./fixtures.ts";

const FROM = Date.UTC(2015, 10, 1);

/** Ragged by the minute, from before the history starts to well into it; merged, as gaps are. */
const intervals = fc
  .array(
    fc
      .tuple(fc.integer({ min: 0, max: 500 * 1440 }), fc.integer({ min: 1, max: 120 * 1440 }))
      .map(([start, length]) => ({
        start: FROM + start * MINUTE_MS,
        end: FROM + (start + length) * MINUTE_MS,
      })),
    { minLength: 1, maxLength: 4 },
  )
  .map(merge);

/** Few lists of intervals and timeframes for many series, so that some share theirs and some do not. */
const gaps: fc.Arbitrary<Gap[]> = fc
  .tuple(
    fc.array(intervals, { minLength: 1, maxLength: 3 }),
    fc.shuffledSubarray([...TIMEFRAMES], { minLength: 1, maxLength: 2 }),
  )
  .chain(([lists, timeframes]) =>
    fc.uniqueArray(
      fc
        .record({
          symbol: fc.constantFrom("A", "AA", "BRK.B", "BTC/USD", "Z", "LONGER", "B", "C1"),
          list: fc.constantFrom(...lists),
          timeframe: fc.constantFrom(...timeframes),
          feed: fc.constantFrom("sip" as const, "iex" as const),
          adjustment: fc.constantFrom("raw" as const, "all" as const),
        })
        .map(({ symbol, list, ...more }) => gap(symbol, list, more)),
      { maxLength: 20, selector: ({ series }) => seriesKey(series) },
    ),
  );

const limits: fc.Arbitrary<SourceLimits> = fc
  .record({
    base: fc.constantFrom(STOCKS, CRYPTO),
    pageSize: fc.constantFrom(50, 1000, 10_000),
    symbolsPerRequest: fc.constantFrom(1, 2, 3, 1000),
    symbolBytes: fc.constantFrom(9, 14, 30, 7000),
  })
  .map(({ base, ...more }) => ({ ...base, ...more }));

const planner: fc.Arbitrary<Planner> = fc.oneof(
  fc.constantFrom(1, 3, 32).map((pages) => pageBudget({ pages })),
  fc
    .record({ symbols: fc.constantFrom(1, 2, 50), days: fc.constantFrom(1 / 7 + 9, 30, 400) })
    .map((options) => fixedWindow(options)),
);

const SESSIONS = {
  nyse: calendarFor("nyse").sessions({ start: FROM, end: FROM + 700 * DAY_MS }),
  always: calendarFor("always").sessions({ start: FROM, end: FROM + 700 * DAY_MS }),
};
const MIDNIGHTS = {
  nyse: new Set(SESSIONS.nyse.map(({ midnight }) => midnight)),
  always: new Set(SESSIONS.always.map(({ midnight }) => midnight)),
};

/** How many sessions have begun by the end of `interval` and not ended at its start, or at that of the history. */
function sessionsIn({ start, end }: Interval, hours: MarketHours, historyStart: number): number {
  const from = Math.max(start, historyStart);
  return SESSIONS[hours].filter((session) => session.midnight < end && session.extendedClose > from).length;
}

const check = (
  property: (slices: Slice[], gaps: Gap[], limits: SourceLimits, planner: Planner) => void,
  planners: fc.Arbitrary<Planner> = planner,
) =>
  fc.assert(
    fc.property(planners, gaps, limits, (plan, wanted, bounds) => {
      property(plan(inputOf(wanted, { limits: bounds })), wanted, bounds, plan);
    }),
    { numRuns: 100 },
  );

function intervalsBySeries(slices: readonly Slice[]): Map<string, Interval[]> {
  const found = new Map<string, Interval[]>();
  for (const slice of slices) {
    for (const key of seriesOf(slice).map(seriesKey)) found.set(key, [...(found.get(key) ?? []), slice.interval]);
  }
  return found;
}

const lengthOf = (spans: readonly Interval[]) => spans.reduce((sum, { start, end }) => sum + end - start, 0);

describe("slices of any planner", () => {
  test("tile the gaps of every series: no hole, no overlap, nothing else", () => {
    check((slices, wanted) => {
      const tiles = intervalsBySeries(slices);
      expect([...tiles.keys()].sort()).toEqual(wanted.map(({ series }) => seriesKey(series)).sort());
      for (const { series, intervals } of wanted) {
        const own = tiles.get(seriesKey(series)) ?? [];
        expect(merge(own)).toEqual(intervals);
        expect(lengthOf(own)).toBe(lengthOf(intervals));
      }
    });
  });

  test("are never empty, never without symbols, and begin and end at whole milliseconds", () => {
    check((slices) => {
      for (const { symbols, interval } of slices) {
        expect(symbols.length).toBeGreaterThan(0);
        expect(interval.end).toBeGreaterThan(interval.start);
        expect([interval.start, interval.end].every(Number.isInteger)).toBe(true);
      }
    });
  });

  test("have ids of their own, which depend on neither the order of the gaps nor the process", () => {
    check((slices, wanted, bounds, plan) => {
      const ids = slices.map(({ id }) => id).sort();
      expect(new Set(ids).size).toBe(ids.length);
      const again = plan(inputOf(wanted.toReversed(), { limits: bounds }));
      expect(again.map(({ id }) => id).sort()).toEqual(ids);
    });
  });

  test("hold symbols in ascending order, none twice, within what one request may hold", () => {
    check((slices, _, { symbolsPerRequest, symbolBytes }) => {
      for (const { symbols } of slices) {
        expect(symbols).toEqual([...new Set(symbols)].sort());
        expect(symbols.length).toBeLessThanOrEqual(symbolsPerRequest);
        // One symbol alone has to be asked for, however long its name.
        if (symbols.length > 1) expect(encodeURIComponent(symbols.join()).length).toBeLessThanOrEqual(symbolBytes);
      }
    });
  });

  test("have estimates that are whole, and of one page at least", () => {
    check((slices) => {
      for (const { estimate } of slices) {
        expect(Number.isInteger(estimate.bars) && estimate.bars >= 0).toBe(true);
        expect(Number.isInteger(estimate.pages) && estimate.pages >= 1).toBe(true);
      }
    });
  });
});

describe("slices of the page budget", () => {
  const budgets = fc.constantFrom(1, 3, 32).map((pages) => pageBudget({ pages }));

  test("cut time only at the midnights of sessions", () => {
    check((slices, wanted, { hours }) => {
      const starts = new Set(wanted.flatMap(({ intervals }) => intervals.map(({ start }) => start)));
      for (const { interval } of slices) {
        expect(starts.has(interval.start) || MIDNIGHTS[hours].has(interval.start)).toBe(true);
      }
    }, budgets);
  });

  test("expect hardly more than the target, but where a single session of one symbol costs that much", () => {
    const target = 4;
    check(
      (slices, _, { hours, historyStart }) => {
        for (const { symbols, interval, estimate } of slices) {
          if (symbols.length === 1 && sessionsIn(interval, hours, historyStart) <= 3) continue;
          expect(estimate.pages).toBeLessThanOrEqual(2 * target);
        }
      },
      fc.constant(pageBudget({ pages: target })),
    );
  });
});
