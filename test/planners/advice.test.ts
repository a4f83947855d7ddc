import { describe, expect, test } from "vitest";
import type { Slice } from "../../src/model/slice.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { advise } from "../../src/planners/advice.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import { CRYPTO, gap, inputOf, STOCKS, span, tickers } from "./fixtures.ts";

const YEAR = span("2022-01-01", "2023-01-01");

function planned(timeframes: readonly Timeframe[], { limits = STOCKS, symbols = 20, interval = YEAR } = {}) {
  const gaps = timeframes.flatMap((timeframe) =>
    tickers(symbols).map((symbol) => gap(symbol, [interval], { timeframe })),
  );
  const input = inputOf(gaps, { limits });
  return { slices: pageBudget()(input), input: { ...input, requestsPerMinute: 200 } };
}

const codes = (slices: readonly Slice[], input: Parameters<typeof advise>[1]) =>
  advise(slices, input).map(({ code }) => code);

describe("roll-up", () => {
  test("four timeframes that are charged in minutes cost what one does", () => {
    const { slices, input } = planned(["5Min", "15Min", "1Hour", "4Hour"]);
    const [advice] = advise(slices, input);
    const pages = slices.reduce((sum, { estimate }) => sum + estimate.pages, 0);
    expect(advice?.code).toBe("roll-up");
    expect(advice?.message).toMatch(
      /^5Min, 15Min, 1Hour and 4Hour each cost as much as 1Min does: .* fetch 1Min alone/,
    );
    // Three quarters of what they cost together, but for half-empty pages.
    expect(advice?.savesRequests).toBeGreaterThan(0.7 * pages);
    expect(advice?.savesRequests).toBeLessThan(0.76 * pages);
  });

  test("what it says is saved is what a plan of 1Min alone saves", () => {
    const four = planned(["15Min", "1Hour"]);
    const one = planned(["1Min"]);
    const pages = (slices: readonly Slice[]) => slices.reduce((sum, { estimate }) => sum + estimate.pages, 0);
    const [advice] = advise(four.slices, four.input);
    const saved = pages(four.slices) - pages(one.slices);
    expect(Math.abs((advice?.savesRequests ?? 0) - saved)).toBeLessThan(0.05 * saved);
  });

  test("a single one, days, and sources that charge bars give no such advice", () => {
    for (const { slices, input } of [
      planned(["1Hour"]),
      planned(["1Day", "1Week"]),
      planned(["1Hour", "4Hour"], { limits: CRYPTO }),
    ]) {
      expect(codes(slices, input)).not.toContain("roll-up");
    }
  });

  test("nor do timeframes of different symbols", () => {
    const gaps = [gap("A", [YEAR], { timeframe: "15Min" }), gap("B", [YEAR], { timeframe: "1Hour" })];
    const input = inputOf(gaps);
    expect(codes(pageBudget()(input), { ...input, requestsPerMinute: 200 })).toEqual([]);
  });

  test("a short window beside a long one is not worth the long one in minutes", () => {
    const gaps = tickers(20).flatMap((symbol) => [
      gap(symbol, [span("2022-12-25", "2023-01-01")], { timeframe: "15Min" }),
      gap(symbol, [YEAR], { timeframe: "1Hour" }),
    ]);
    const input = inputOf(gaps);
    expect(codes(pageBudget()(input), { ...input, requestsPerMinute: 200 })).not.toContain("roll-up");
  });
});

test("time before the source's history is pointed out, unless it is a few days", () => {
  const long = planned(["1Day"], { interval: span("2010-01-01", "2017-01-01") });
  expect(advise(long.slices, long.input)[0]?.message).toContain("2010-01-01 is before 2016-01-01");
  const short = planned(["1Day"], { interval: span("2015-12-30", "2017-01-01") });
  expect(codes(short.slices, short.input)).toEqual([]);
});

test("slices too few for the rate are pointed out, where that matters", () => {
  const { slices, input } = planned(["1Min"], { symbols: 3 });
  expect(codes(slices, { ...input, requestsPerMinute: 10_000 })).toEqual(["wide-slices"]);
  expect(codes(slices, { ...input, requestsPerMinute: 200 })).toEqual([]);
});

test("nothing to do is nothing to advise", () => {
  const input = inputOf([]);
  expect(advise([], { ...input, requestsPerMinute: 200 })).toEqual([]);
});
