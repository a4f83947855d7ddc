import { describe, expect, test } from "vitest";
import { memoryStore } from "../../../src/adapters/memory/index.ts";
import type { Bar } from "../../../src/model/bar.ts";
import type { Series } from "../../../src/model/series.ts";
import { runConformance, storeCases } from "../../../src/testing/conformance/index.ts";
import { readAll } from "../../../src/testing/conformance/store/fixtures.ts";

const series: Series = { provider: "test", symbol: "SPY", timeframe: "1Min", feed: "sip", adjustment: "raw" };
const bar = (openTime: number, close = 1): Bar => ({ openTime, open: 1, high: 2, low: 1, close, volume: 5 });

describe("conformance", () => {
  runConformance({ cases: storeCases, create: async () => ({ store: memoryStore() }), test });
});

describe("commit", () => {
  test("names every time that is no whole millisecond", async () => {
    const store = memoryStore();
    const bars = [
      { series, bars: [bar(0), bar(0.5)] },
      { series: { ...series, symbol: "IBM" }, bars: [bar(Number.POSITIVE_INFINITY)] },
    ];
    const covered = [{ series, interval: { start: Number.NaN, end: 1e300 } }];
    const whole = "whole milliseconds since the epoch";
    await expect(store.commit(bars, covered)).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      issues: [
        { path: "bars[0].bars[1].openTime", expected: whole, received: "0.5" },
        { path: "bars[1].bars[0].openTime", expected: whole, received: "Infinity" },
        { path: "covered[0].interval.start", expected: whole, received: "NaN" },
        { path: "covered[0].interval.end", expected: whole, received: "1e+300" },
      ],
    });
  });

  test("counts the earlier of two bars at one open time as unchanged, in any order", async () => {
    const store = memoryStore();
    const bars = [bar(3), bar(1, 8), bar(2), bar(1, 9)];
    expect(await store.commit([{ series, bars }], [])).toEqual({ inserted: 3, revised: 0, unchanged: 1 });
    expect(await store.commit([{ series, bars }], [])).toEqual({ inserted: 0, revised: 0, unchanged: 4 });
    expect(await readAll(store, series, { start: 0, end: 9 })).toEqual([bar(1, 9), bar(2), bar(3)]);
  });

  test("does not hold on to the caller's array", async () => {
    const store = memoryStore();
    const bars = [bar(1), bar(2)];
    await store.commit([{ series, bars }], []);
    bars.pop();
    expect(await readAll(store, series, { start: 0, end: 9 })).toEqual([bar(1), bar(2)]);
  });
});

describe("read", () => {
  test("is lazy, and sees the series as it was when its first bar was asked for", async () => {
    const store = memoryStore();
    await store.commit([{ series, bars: [bar(10), bar(20)] }], []);
    const reader = store.read(series, { start: 0, end: 100 })[Symbol.asyncIterator]();
    await store.commit([{ series, bars: [bar(5)] }], []);
    expect((await reader.next()).value).toEqual(bar(5));
    await store.commit([{ series, bars: [bar(7), bar(20, 2), bar(30)] }], []);
    expect([await reader.next(), await reader.next(), await reader.next()]).toEqual([
      { done: false, value: bar(10) },
      { done: false, value: bar(20) },
      { done: true, value: undefined },
    ]);
  });
});
