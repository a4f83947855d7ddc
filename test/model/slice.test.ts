import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ADJUSTMENTS, FEEDS } from "../../src/model/series.ts";
import { makeSlice, type Slice, seriesOf } from "../../src/model/slice.ts";
import { TIMEFRAMES } from "../../src/model/timeframe.ts";

const parts: Omit<Slice, "id"> = {
  provider: "alpaca",
  label: "US_BATCH_1",
  symbols: ["AAPL", "BRK.B", "SPY"],
  timeframe: "1Hour",
  feed: "sip",
  adjustment: "split,dividend",
  interval: { start: Date.parse("2024-01-01T05:00:00Z"), end: Date.parse("2024-07-01T04:00:00Z") },
  priority: 3,
  estimate: { bars: 6_000, pages: 12 },
};
const { label: _, ...unlabelled } = parts;

describe("makeSlice", () => {
  // Queues out there hold these ids: a version that makes others would do their work twice.
  test("ids do not change between versions", () => {
    expect(makeSlice(parts).id).toBe("779bc8b0117d4c91464309a14cd2399f");
    expect(makeSlice(unlabelled).id).toBe("1442dc739853a4389dde0a8d660a6672");
  });

  test("an id that slips in is not the slice's", () => {
    const { id } = makeSlice(parts);
    expect(makeSlice({ ...parts, id: "0".repeat(32) } as Omit<Slice, "id">).id).toBe(id);
  });

  test("keeps every part", () => {
    const { id, ...kept } = makeSlice(parts);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(kept).toEqual(parts);
  });

  test("the same work has the same id, whatever its priority and estimate", () => {
    const other = { ...parts, priority: 9, estimate: { bars: 1, pages: 1 } };
    expect(makeSlice(structuredClone(other)).id).toBe(makeSlice(parts).id);
  });

  test.each<[string, Omit<Slice, "id">]>([
    ["provider", { ...parts, provider: "other" }],
    ["label", { ...parts, label: "US_BATCH_2" }],
    ["no label", unlabelled],
    ["symbols", { ...parts, symbols: ["AAPL", "BRK.B"] }],
    ["timeframe", { ...parts, timeframe: "4Hour" }],
    ["feed", { ...parts, feed: "iex" }],
    ["adjustment", { ...parts, adjustment: "all" }],
    ["start", { ...parts, interval: { ...parts.interval, start: parts.interval.start + 1 } }],
    ["end", { ...parts, interval: { ...parts.interval, end: parts.interval.end + 1 } }],
  ])("another id: %s", (_name, other) => {
    expect(makeSlice(other).id).not.toBe(makeSlice(parts).id);
  });

  test("two slices have one id exactly when they are the same work", () => {
    const name = fc.string({ unit: fc.constantFrom("A", "B", "1", ".", "/"), minLength: 1, maxLength: 3 });
    const work = fc.record({
      provider: fc.constantFrom("alpaca", "a"),
      label: name,
      symbols: fc.uniqueArray(name, { minLength: 1, maxLength: 3 }).map((symbols) => symbols.sort()),
      timeframe: fc.constantFrom(...TIMEFRAMES),
      feed: fc.constantFrom(...FEEDS),
      adjustment: fc.constantFrom(...ADJUSTMENTS),
      interval: fc.record({ start: fc.integer({ min: 0, max: 20 }), end: fc.integer({ min: 21, max: 220 }) }),
      priority: fc.constant(0),
      estimate: fc.constant({ bars: 0, pages: 0 }),
    });
    fc.assert(
      fc.property(work, work, (a, b) => {
        expect(makeSlice(a).id === makeSlice(b).id).toBe(JSON.stringify(a) === JSON.stringify(b));
      }),
    );
  });
});

test("seriesOf: one a symbol, in the order of the symbols", () => {
  const { provider, timeframe, feed, adjustment } = parts;
  expect(seriesOf(makeSlice(parts))).toEqual(
    ["AAPL", "BRK.B", "SPY"].map((symbol) => ({ provider, symbol, timeframe, feed, adjustment })),
  );
});
