import fc from "fast-check";
import { expect, test } from "vitest";
import { ADJUSTMENTS, FEEDS, type Series, seriesKey } from "../../src/model/series.ts";
import { TIMEFRAMES } from "../../src/model/timeframe.ts";

// From few letters and the separator itself, so that near misses are common.
const series: fc.Arbitrary<Series> = fc.record({
  provider: fc.constantFrom("alpaca", "alpaca-crypto", "a"),
  symbol: fc.string({ unit: fc.constantFrom("A", "B", "|", "/", ".", ",", " ", "1Day", "sip", "raw"), maxLength: 6 }),
  timeframe: fc.constantFrom(...TIMEFRAMES),
  feed: fc.constantFrom(...FEEDS),
  adjustment: fc.constantFrom(...ADJUSTMENTS),
});

test("two series have one key exactly when they are the same", () => {
  fc.assert(
    fc.property(series, series, (a, b) => {
      expect(seriesKey({ ...a })).toBe(seriesKey(a));
      const same = (Object.keys(a) as (keyof Series)[]).every((part) => a[part] === b[part]);
      expect(seriesKey(a) === seriesKey(b)).toBe(same);
    }),
    { numRuns: 2_000 },
  );
});

test("a change of any one part changes the key", () => {
  const one: Series = { provider: "alpaca", symbol: "SPY", timeframe: "1Day", feed: "sip", adjustment: "raw" };
  const others: Series[] = [
    { ...one, provider: "other" },
    { ...one, symbol: "SPY2" },
    { ...one, timeframe: "1Week" },
    { ...one, feed: "iex" },
    { ...one, adjustment: "all" },
  ];
  expect(new Set([one, ...others].map(seriesKey)).size).toBe(6);
});
