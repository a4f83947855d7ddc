import { describe, expect, test } from "vitest";
import { isBarfillError } from "../../src/errors.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { planEstimate } from "../../src/planners/estimate.ts";
import { fixedWindow } from "../../src/planners/fixed-window.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import { day, gap, inputOf, STOCKS, span, tickers } from "./fixtures.ts";

test("no gaps make no slices", () => {
  expect(fixedWindow()(inputOf([]))).toEqual([]);
});

test("by default 50 symbols by 30 days, the rest at the end", () => {
  const gaps = tickers(61).map((symbol) => gap(symbol, [span("2024-01-01", "2024-03-11")]));
  const slices = fixedWindow()(inputOf(gaps, { label: "US", priority: 3 }));
  expect(slices.map(({ symbols, interval }) => [symbols.length, (interval.end - interval.start) / DAY_MS])).toEqual([
    [50, 30],
    [50, 30],
    [50, 10],
    [11, 30],
    [11, 30],
    [11, 10],
  ]);
  for (const slice of slices) expect(slice).toMatchObject({ label: "US", priority: 3 });
});

test("windows are counted from the start of each gap", () => {
  const gaps = [gap("SPY", [span("2024-01-05", "2024-01-12"), span("2024-02-01", "2024-02-04")])];
  const starts = fixedWindow({ days: 5 })(inputOf(gaps)).map(({ interval }) => interval.start);
  expect(starts).toEqual([day("2024-01-05"), day("2024-01-10"), day("2024-02-01")]);
});

test("the source's limit on symbols counts where it is lower", () => {
  const gaps = tickers(5).map((symbol) => gap(symbol, [span("2024-01-01", "2024-01-02")]));
  const slices = fixedWindow({ symbols: 4 })(inputOf(gaps, { limits: { ...STOCKS, symbolsPerRequest: 2 } }));
  expect(slices.map(({ symbols }) => symbols.length)).toEqual([2, 2, 1]);
});

test("a window that is no whole number of milliseconds is rounded up to one", () => {
  const gaps = [gap("SPY", [span("2024-01-01", "2024-01-03")])];
  const slices = fixedWindow({ days: 1 / 7 })(inputOf(gaps));
  expect(slices).toHaveLength(14);
  for (const { interval } of slices) expect(Number.isInteger(interval.end)).toBe(true);
});

describe("side by side with the page budget", () => {
  const costs = (timeframe: "1Min" | "1Day") => {
    const gaps = tickers(200).map((symbol) => gap(symbol, [span("2019-01-01", "2024-01-01")], { timeframe }));
    const input = inputOf(gaps);
    return [fixedWindow(), pageBudget()].map((plan) => planEstimate(plan(input), input, 200).requests.expected);
  };

  test("days by fixed windows cost some ten times the requests", () => {
    const [fixed = 0, budget = 0] = costs("1Day");
    // 4 batches by 61 windows of 20 sessions, where 26 pages hold it all.
    expect(fixed).toBe(4 * 61);
    expect(budget).toBe(26);
  });

  test("minutes cost the same by both, give or take the last pages of 32", () => {
    const [fixed = 0, budget = 0] = costs("1Min");
    // 62 pages a window by chance, at 50 symbols; nothing is lost on last pages there either.
    expect(budget / fixed).toBeLessThan(1 + 0.5 / 32);
  });
});

test("both options are checked at once", () => {
  let thrown: unknown;
  try {
    fixedWindow({ symbols: 0, days: 0 });
  } catch (error) {
    thrown = error;
  }
  expect(isBarfillError(thrown, "OPTIONS_INVALID") && thrown.issues).toEqual([
    { path: "symbols", expected: "a whole number, 1 or more", received: "0" },
    { path: "days", expected: "a finite number above 0", received: "0" },
  ]);
});

test.each([
  { symbols: 1.5 },
  { symbols: Number.NaN },
  { days: -1 },
  { days: Number.NaN },
  { days: Number.POSITIVE_INFINITY },
])("%j is refused", (options) => {
  expect(() => fixedWindow(options)).toThrowError("invalid options");
});
