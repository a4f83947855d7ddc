import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Coverage, type CoveredSpan, gapsOf } from "../../src/model/coverage.ts";
import { contains, type Interval, intersect, isEmpty, merge } from "../../src/model/interval.ts";
import { type Series, seriesKey } from "../../src/model/series.ts";

const SYMBOLS = ["AAPL", "IBM", "SPY"] as const;
const seriesNamed = (symbol: string): Series => ({
  provider: "alpaca",
  symbol,
  timeframe: "1Day",
  feed: "sip",
  adjustment: "raw",
});

const instant = fc.integer({ min: 0, max: 40 });
const interval: fc.Arbitrary<Interval> = fc.record({ start: instant, end: instant });
const wanted: fc.Arbitrary<CoveredSpan[]> = fc.array(
  fc.record({ series: fc.constantFrom(...SYMBOLS).map(seriesNamed), interval }),
  { maxLength: 5 },
);
const coverage: fc.Arbitrary<Coverage> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...SYMBOLS), fc.array(interval, { maxLength: 6 })), { selector: ([s]) => s })
  .map((entries) => new Map(entries.map(([symbol, spans]) => [seriesKey(seriesNamed(symbol)), merge(spans)])));

describe("gapsOf", () => {
  test("an instant is in the gap exactly when it is wanted and not covered", () => {
    fc.assert(
      fc.property(fc.constantFrom(...SYMBOLS), interval, coverage, (symbol, span, held) => {
        const series = seriesNamed(symbol);
        const gaps = gapsOf([{ series, interval: span }], held);
        const covered = held.get(seriesKey(series)) ?? [];
        for (let t = 0; t <= 40; t++) {
          const lacking = contains(span, t) && !covered.some((c) => contains(c, t));
          expect(gaps.some((gap) => gap.intervals.some((i) => contains(i, t)))).toBe(lacking);
        }
      }),
    );
  });

  test("gaps are ascending, disjoint, never empty, never covered, in the order of what is wanted", () => {
    fc.assert(
      fc.property(wanted, coverage, (spans, held) => {
        const gaps = gapsOf(spans, held);
        const order = spans.map(({ series }) => series);
        let at = 0;
        for (const { series, intervals } of gaps) {
          expect(intervals.length).toBeGreaterThan(0);
          expect(intervals.some(isEmpty)).toBe(false);
          expect(merge(intervals)).toEqual(intervals);
          expect(intersect(intervals, held.get(seriesKey(series)) ?? [])).toEqual([]);
          at = order.indexOf(series, at) + 1;
          expect(at).toBeGreaterThan(0);
        }
      }),
    );
  });

  test("what is covered closes its gap, and nothing else", () => {
    fc.assert(
      fc.property(wanted, coverage, (spans, held) => {
        const filled = new Map(held);
        for (const { series, intervals } of gapsOf(spans, held)) {
          const key = seriesKey(series);
          filled.set(key, merge([...(filled.get(key) ?? []), ...intervals]));
        }
        expect(gapsOf(spans, filled)).toEqual([]);
      }),
    );
  });

  test("a series nobody has asked for before lacks all", () => {
    const series = seriesNamed("SPY");
    const interval = { start: 0, end: 10 };
    expect(gapsOf([{ series, interval }], new Map())).toEqual([{ series, intervals: [interval] }]);
  });
});
