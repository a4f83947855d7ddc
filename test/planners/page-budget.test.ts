import { describe, expect, test } from "vitest";
import { OptionsError } from "../../src/errors.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { INITIAL_COST_MODEL, learn } from "../../src/planners/cost-model.ts";
import { planEstimate } from "../../src/planners/estimate.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import { CRYPTO, gap, inputOf, STOCKS, span, tickers } from "./fixtures.ts";

const plan = pageBudget();

test("no gaps make no slices", () => {
  expect(plan(inputOf([]))).toEqual([]);
});

test("label, priority, feed, adjustment and provider are carried into every slice", () => {
  const gaps = [gap("SPY", [span("2024-01-01", "2024-02-01")], { feed: "iex", adjustment: "split", provider: "p" })];
  const [slice, ...more] = plan(inputOf(gaps, { label: "US_BATCH_1", priority: 7 }));
  expect(more).toEqual([]);
  expect(slice).toMatchObject({
    provider: "p",
    label: "US_BATCH_1",
    symbols: ["SPY"],
    timeframe: "1Min",
    feed: "iex",
    adjustment: "split",
    interval: span("2024-01-01", "2024-02-01"),
    priority: 7,
  });
});

test("without a label no slice has one, not even as undefined", () => {
  const [slice] = plan(inputOf([gap("SPY", [span("2024-01-01", "2024-02-01")])]));
  expect(slice).toBeDefined();
  expect(slice).not.toHaveProperty("label");
});

test("the label is part of the id, the priority is not", () => {
  const gaps = [gap("SPY", [span("2024-01-01", "2024-02-01")])];
  const idOf = (more: object) => plan(inputOf(gaps, more))[0]?.id;
  expect(idOf({ label: "A" })).not.toBe(idOf({ label: "B" }));
  expect(idOf({ priority: 1 })).toBe(idOf({ priority: 2 }));
});

test("series that differ in feed or adjustment never share a slice", () => {
  const interval = [span("2024-01-01", "2024-02-01")];
  const gaps = [
    gap("SPY", interval),
    gap("IBM", interval, { feed: "iex" }),
    gap("KO", interval, { adjustment: "all" }),
    gap("A", interval),
  ];
  expect(plan(inputOf(gaps)).map(({ symbols }) => symbols)).toEqual([["A", "SPY"], ["IBM"], ["KO"]]);
});

describe("the number of requests", () => {
  const requestsFor = (symbols: number, timeframe: Timeframe, from: string, to: string, limits = STOCKS) => {
    const gaps = tickers(symbols).map((symbol) => gap(symbol, [span(from, to)], { timeframe }));
    const input = inputOf(gaps, { limits });
    const slices = plan(input);
    return { slices, estimate: planEstimate(slices, input, 200) };
  };

  test("5,000 symbols of five years of days cost at most 5 % more than full pages", () => {
    const { estimate } = requestsFor(5000, "1Day", "2019-01-01", "2024-01-01");
    // The exchange was open on 1,258 days of these years.
    const least = Math.ceil((5000 * 1258) / 10_000);
    expect(Math.abs(estimate.bars.expected - 5000 * 1258)).toBeLessThan(5000);
    expect(estimate.requests.expected).toBeGreaterThanOrEqual(least);
    // Under 0.5 % in fact: where the bars are certain, all slices but the last end on a nearly full page.
    expect(estimate.requests.expected).toBeLessThanOrEqual(least * 1.005);
    expect(estimate.certainty).toBe("calendar");
  });

  test.each(["1Min", "15Min", "1Hour"] as const)("500 symbols of a year of %s cost at most 5 % more", (timeframe) => {
    const { estimate, slices } = requestsFor(500, timeframe, "2022-01-01", "2023-01-01");
    const units = 500 * 251 * 600;
    expect(estimate.requests.expected).toBeLessThanOrEqual(Math.ceil(units / 10_000) * 1.05);
    expect(estimate.certainty).toBe("assumed");
    for (const { estimate } of slices) expect(estimate.pages).toBeLessThanOrEqual(48);
  });

  test("bars charged in minutes cost what minutes cost, and are as few as they are", () => {
    const minutes = requestsFor(10, "1Min", "2022-01-01", "2023-01-01").estimate;
    const hours = requestsFor(10, "1Hour", "2022-01-01", "2023-01-01").estimate;
    expect(hours.requests.expected).toBe(minutes.requests.expected);
    expect(hours.bars.expected).toBeLessThan(minutes.bars.expected / 30);
  });

  test("where bars are charged as bars, an hour costs a sixtieth of its minutes", () => {
    const minutes = requestsFor(10, "1Min", "2022-01-01", "2023-01-01", CRYPTO).estimate;
    const hours = requestsFor(10, "1Hour", "2022-01-01", "2023-01-01", CRYPTO).estimate;
    expect(minutes.bars.expected).toBe(10 * 365 * 1440);
    expect(hours.bars.expected).toBe(10 * 365 * 24);
    expect(hours.requests.expected).toBe(9);
  });

  test("10,000 symbols of ten years of minutes are five slices a symbol, about 32 pages each", () => {
    const gaps = tickers(10_000).map((symbol) => gap(symbol, [span("2016-01-01", "2026-01-01")]));
    const slices = plan(inputOf(gaps));
    expect(slices).toHaveLength(50_000);
    for (const { symbols, estimate } of slices) {
      if (symbols.length !== 1 || estimate.pages < 28 || estimate.pages > 36) {
        expect.fail(`${symbols.length} symbols, ${estimate.pages} pages`);
      }
    }
  });
});

test("no slice holds more symbols than one request may", () => {
  const gaps = tickers(7).map((symbol) => gap(symbol, [span("2024-01-01", "2024-01-09")]));
  const sizesFor = (limits: object) =>
    plan(inputOf(gaps, { limits: { ...STOCKS, ...limits } })).map(({ symbols }) => symbols.length);
  expect(sizesFor({})).toEqual([7]);
  expect(sizesFor({ symbolsPerRequest: 3 })).toEqual([3, 3, 1]);
  // `S0%2CS1` takes seven bytes.
  expect(sizesFor({ symbolBytes: 7 })).toEqual([2, 2, 2, 1]);
});

describe("time", () => {
  test("one symbol's huge range is cut into slices of even session counts", () => {
    const slices = pageBudget({ pages: 1 })(inputOf([gap("SPY", [span("2016-01-01", "2026-01-01")])]));
    // 2,514 sessions of 600 expected minutes on pages of 10,000.
    expect(slices.length).toBeGreaterThan(145);
    expect(slices.length).toBeLessThan(155);
    const bars = slices.map(({ estimate }) => estimate.bars);
    expect(Math.max(...bars) - Math.min(...bars)).toBeLessThanOrEqual(2 * 600);
  });

  test("what is a little over the budget is one slice, not two half-empty ones", () => {
    // 19 of 16.7 sessions that a page holds.
    const slices = pageBudget({ pages: 1 })(inputOf([gap("SPY", [span("2024-02-01", "2024-02-29")])]));
    expect(slices).toHaveLength(1);
  });

  test("a gap before the history is asked for all the same, in one piece that expects nothing", () => {
    const before = span("1998-01-01", "2015-01-01");
    const slices = plan(inputOf(["SPY", "IBM"].map((symbol) => gap(symbol, [before]))));
    expect(slices).toMatchObject([{ symbols: ["IBM", "SPY"], interval: before, estimate: { bars: 0, pages: 1 } }]);
  });

  test("a gap across the start of the history costs what lies after it", () => {
    const barsOf = (start: string) =>
      plan(inputOf([gap("SPY", [span(start, "2017-01-01")], { timeframe: "1Day" })]))[0]?.estimate.bars;
    expect(barsOf("1998-01-01")).toBe(252);
    expect(barsOf("2016-01-01")).toBe(252);
  });

  test("a weekend has no session, and is one request", () => {
    const weekend = span("2024-06-01", "2024-06-03");
    const slices = plan(inputOf(tickers(20).map((symbol) => gap(symbol, [weekend]))));
    expect(slices).toHaveLength(1);
    expect(slices[0]?.estimate).toEqual({ bars: 0, pages: 1 });
  });
});

test("a thinner answer than assumed makes later slices hold more", () => {
  const gaps = tickers(100).map((symbol) => gap(symbol, [span("2022-01-01", "2023-01-01")]));
  const cost = learn(INITIAL_COST_MODEL, { timeframe: "1Min", sessions: 2000, bars: 60_000, pages: 6 }, STOCKS);
  const assumed = plan(inputOf(gaps)).length;
  const learned = plan(inputOf(gaps, { cost })).length;
  expect(learned).toBeLessThan(assumed / 5);
});

test.each([0, 0.5, -1, Number.NaN, Number.POSITIVE_INFINITY])("%s pages are refused", (pages) => {
  expect(() => pageBudget({ pages })).toThrowError(OptionsError);
  expect(() => pageBudget({ pages })).toThrowError(`pages: expected a finite number, 1 or more, received ${pages}`);
});
