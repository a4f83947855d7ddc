import fc from "fast-check";
import { expect, test } from "vitest";
import { TIMEFRAMES } from "../../src/model/timeframe.ts";
import { INITIAL_COST_MODEL, learn } from "../../src/planners/cost-model.ts";
import { planEstimate } from "../../src/planners/estimate.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import { CRYPTO, day, gap, inputOf, STOCKS, span, tickers } from "./fixtures.ts";

const plan = pageBudget();
const year = span("2023-01-01", "2024-01-01");

test("a plan without slices costs nothing, for certain", () => {
  const nothing = { expected: 0, worst: 0 };
  expect(planEstimate([], inputOf([]), 200)).toEqual({
    bars: nothing,
    requests: nothing,
    minutes: nothing,
    certainty: "calendar",
  });
});

test("adds up its slices, and divides the requests by the rate", () => {
  const input = inputOf(tickers(50).map((symbol) => gap(symbol, [year])));
  const slices = plan(input);
  const { bars, requests, minutes } = planEstimate(slices, input, 100);
  expect(bars.expected).toBe(slices.reduce((sum, { estimate }) => sum + estimate.bars, 0));
  expect(requests.expected).toBe(slices.reduce((sum, { estimate }) => sum + estimate.pages, 0));
  expect(minutes).toEqual({ expected: requests.expected / 100, worst: requests.worst / 100 });
  expect(bars.expected).toBe(50 * 250 * 600);
  expect(bars.worst).toBe(50 * 250 * 960);
});

test("the worst case expects bars before the start of the history too", () => {
  const input = inputOf([gap("SPY", [span("2000-01-01", "2016-01-01")], { timeframe: "1Day" })]);
  const { bars, requests } = planEstimate(plan(input), input, 200);
  expect(bars.expected).toBe(0);
  expect(bars.worst).toBeGreaterThan(4000);
  expect(requests).toEqual({ expected: 1, worst: 2 });
});

test("is as sure as its least sure timeframe", () => {
  const certaintyFor = (...timeframes: ("1Day" | "1Hour" | "1Min")[]) => {
    const cost = learn(INITIAL_COST_MODEL, { timeframe: "1Hour", sessions: 9, bars: 9, pages: 1 }, STOCKS);
    const input = inputOf(
      timeframes.map((timeframe) => gap("SPY", [year], { timeframe })),
      { cost },
    );
    return planEstimate(plan(input), input, 200).certainty;
  };
  expect(certaintyFor("1Day")).toBe("calendar");
  expect(certaintyFor("1Day", "1Hour")).toBe("learned");
  expect(certaintyFor("1Hour", "1Min", "1Day")).toBe("assumed");
});

test("expects no more than the worst, whatever was learned", () => {
  const start = day("2021-06-01");
  fc.assert(
    fc.property(
      fc.constantFrom(...TIMEFRAMES),
      fc.constantFrom(STOCKS, CRYPTO),
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 400 }),
      fc.record({ sessions: fc.integer({ min: 1, max: 1000 }), pages: fc.integer({ min: 1, max: 200 }) }),
      (timeframe, limits, symbols, days, { sessions, pages }) => {
        const cost = learn(INITIAL_COST_MODEL, { timeframe, sessions, pages, bars: pages * 9000 }, limits);
        const interval = { start, end: start + days * 86_400_000 };
        const gaps = tickers(symbols).map((symbol) => gap(symbol, [interval], { timeframe }));
        const input = inputOf(gaps, { limits, cost });
        const { bars, requests, minutes } = planEstimate(plan(input), input, 200);
        for (const { expected, worst } of [bars, requests, minutes]) {
          expect(expected).toBeGreaterThanOrEqual(0);
          expect(expected).toBeLessThanOrEqual(worst);
        }
      },
    ),
    { numRuns: 100 },
  );
});
