import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Interval, merge, subtract } from "../../src/model/interval.ts";
import type { SeriesState } from "../../src/model/report.ts";
import type { Series } from "../../src/model/series.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { type CoverageCell, coverageMaps } from "../../src/reporting/coverage-map.ts";

const series = (symbol: string, more: Partial<Series> = {}): Series => ({
  provider: "test",
  symbol,
  timeframe: "1Day",
  feed: "sip",
  adjustment: "raw",
  ...more,
});
const days = (start: number, end: number): Interval => ({ start: start * DAY_MS, end: end * DAY_MS });

interface Row {
  readonly series: Series;
  readonly wanted?: Interval;
  readonly gaps?: readonly Interval[];
  readonly withheld?: Interval;
  readonly state?: SeriesState;
}

function reportOf(rows: readonly Row[]) {
  return {
    series: rows.map(({ series, state = "covered" }) => ({ series, state })),
    wanted: rows.flatMap(({ series, wanted }) => (wanted === undefined ? [] : [{ series, interval: wanted }])),
    gaps: rows.flatMap(({ series, gaps = [] }) => (gaps.length === 0 ? [] : [{ series, intervals: gaps }])),
    withheld: rows.flatMap(({ series, withheld }) => (withheld === undefined ? [] : [{ series, interval: withheld }])),
  };
}

const LETTERS: Record<CoverageCell, string> = {
  none: "_",
  covered: "c",
  withheld: "w",
  partly: "p",
  gap: "g",
  quarantined: "q",
};
const drawn = (rows: readonly Row[], columns = 10) =>
  coverageMaps(reportOf(rows), columns).map(({ rows }) =>
    Object.fromEntries(rows.map((row) => [row.series.symbol, row.cells.map((cell) => LETTERS[cell]).join("")])),
  );

test("a column shows the worst that it holds", () => {
  const rows: Row[] = [
    { series: series("ALL"), wanted: days(0, 10) },
    { series: series("NONE"), wanted: days(0, 10), gaps: [days(0, 10)], state: "missing" },
    { series: series("SOME"), wanted: days(0, 10), gaps: [days(2, 3), days(5.5, 6.5)], state: "partly" },
    { series: series("LATE"), wanted: days(0, 8), withheld: days(8, 10), state: "withheld" },
    { series: series("BAD"), wanted: days(0, 10), gaps: [days(4, 10)], state: "quarantined" },
    { series: series("SHORT"), wanted: days(6, 10) },
  ];
  expect(drawn(rows)).toEqual([
    {
      ALL: "cccccccccc",
      NONE: "gggggggggg",
      SOME: "ccgccppccc",
      LATE: "ccccccccww",
      BAD: "ccccqqqqqq",
      SHORT: "______cccc",
    },
  ]);
});

test("what lacks most comes first, then by symbol", () => {
  const [map] = coverageMaps(
    reportOf([
      { series: series("C"), wanted: days(0, 10) },
      { series: series("A"), wanted: days(0, 10) },
      { series: series("B"), wanted: days(0, 10), gaps: [days(0, 9)], state: "partly" },
      { series: series("D"), wanted: days(0, 10), gaps: [days(0, 10)], state: "missing" },
    ]),
    5,
  );
  expect(map?.rows.map((row) => [row.series.symbol, row.coveredShare, row.gaps])).toEqual([
    ["D", 0, 1],
    ["B", 0.1, 1],
    ["A", 1, 0],
    ["C", 1, 0],
  ]);
});

test("one map a timeframe, feed and adjustment, from the shortest timeframe; each with its own time", () => {
  const maps = coverageMaps(
    reportOf([
      { series: series("A"), wanted: days(0, 10) },
      { series: series("A", { timeframe: "1Min" }), wanted: days(8, 10) },
      { series: series("A", { adjustment: "all" }), wanted: days(1, 3) },
    ]),
    4,
  );
  expect(maps.map(({ timeframe, adjustment, interval }) => [timeframe, adjustment, interval])).toEqual([
    ["1Min", "raw", days(8, 10)],
    ["1Day", "raw", days(0, 10)],
    ["1Day", "all", days(1, 3)],
  ]);
});

test("nothing wanted is no map, which would have no time; beside others it lacks nothing, and comes last", () => {
  expect(coverageMaps(reportOf([]), 10)).toEqual([]);
  expect(coverageMaps(reportOf([{ series: series("A") }]), 10)).toEqual([]);
  const [map, ...more] = coverageMaps(
    reportOf([{ series: series("A") }, { series: series("B"), wanted: days(0, 3), gaps: [days(0, 1)] }]),
    3,
  );
  expect(more).toEqual([]);
  expect(map?.rows.map(({ series, coveredShare }) => [series.symbol, coveredShare])).toEqual([
    ["B", 2 / 3],
    ["A", 1],
  ]);
});

describe("whatever the intervals are", () => {
  const interval = fc
    .tuple(fc.integer({ min: 0, max: 999_983 }), fc.integer({ min: 1, max: 400_000 }))
    .map(([start, length]) => ({ start, end: Math.min(1_000_003, start + length) }));

  test("a cell is covered exactly when nothing of it is missing, and no gap is unseen", () => {
    fc.assert(
      fc.property(fc.array(interval, { maxLength: 8 }), fc.integer({ min: 1, max: 200 }), (holes, columns) => {
        const wanted = { start: 0, end: 1_000_003 };
        const gaps = merge(holes);
        const [map] = coverageMaps(reportOf([{ series: series("A"), wanted, gaps, state: "partly" }]), columns);
        const [row] = map?.rows ?? [];
        const held = subtract([wanted], gaps).reduce((sum, { start, end }) => sum + end - start, 0);
        expect(row?.coveredShare).toBeCloseTo(held / wanted.end, 9);
        row?.cells.forEach((cell, i) => {
          const column = { start: (i * wanted.end) / columns, end: ((i + 1) * wanted.end) / columns };
          // Wider than rounding.
          const touched = gaps.some((gap) => Math.min(gap.end, column.end) - Math.max(gap.start, column.start) > 0.01);
          expect(cell === "partly" || cell === "gap").toBe(touched);
        });
      }),
    );
  });
});
