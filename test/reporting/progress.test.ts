import { expect, test } from "vitest";
import type { BackfillEvent } from "../../src/contracts/observer.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { progressMeter } from "../../src/reporting/progress.ts";

const sliceOf = (pages: number, symbol = "SPY") =>
  makeSlice({
    provider: "test",
    symbols: [symbol],
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start: 0, end: 1 },
    priority: 0,
    estimate: { bars: 1, pages },
  });
/** A page of a slice that takes as many as it was given, or another number. */
const pageOf = (slice: Slice, at: number, nth: number, of = slice.estimate.pages): BackfillEvent => ({
  type: "page",
  at,
  slice,
  symbols: 1,
  interval: slice.interval,
  bars: 100,
  last: nth === of,
  settled: nth / of,
});
const slice = sliceOf(300);
const totals = { slices: 2, requests: 300, requestsPerMinute: 200 };

test("the rate is that of the last minute, and the rest takes as long at that rate", () => {
  const meter = progressMeter(totals, 0);
  // One a second for two minutes, then two a second for one.
  for (let s = 0; s < 120; s++) meter.observe(pageOf(slice, s * 1000 + 1, s + 1));
  for (let s = 240; s < 360; s++) meter.observe(pageOf(slice, s * 500 + 1, s - 119));
  expect(meter.snapshot(180_000)).toEqual({
    slices: 0,
    failed: 0,
    requests: 240,
    bars: 24_000,
    requestsPerMinute: 120,
    budgetUsed: 0.6,
    etaMs: expect.closeTo(30_000, 6),
    elapsedMs: 180_000,
  });
});

test("at the start the rate is that of the time since then, and the first answers are no flood", () => {
  const meter = progressMeter(totals, 1000);
  expect(meter.snapshot(1000)).not.toHaveProperty("etaMs");
  meter.observe(pageOf(slice, 1010, 1));
  expect(meter.snapshot(1010).requestsPerMinute).toBe(30);
  for (let i = 0; i < 9; i++) meter.observe(pageOf(slice, 2000 + i, i + 2));
  expect(meter.snapshot(11_000).requestsPerMinute).toBeCloseTo((10 * 60) / 10.3);
});

test("a few requests as far apart as is allowed use all of the budget, and no more than that", () => {
  const meter = progressMeter(totals, 0);
  for (let i = 0; i < 47; i++) meter.observe(pageOf(slice, i * 300, i + 1));
  expect(meter.snapshot(46 * 300).budgetUsed).toBeCloseTo(1);
});

test("slices count when they are over, and an estimate that was too low leaves nothing to go", () => {
  const meter = progressMeter({ ...totals, requests: 1 }, 0);
  const slice = sliceOf(1);
  meter.observe(pageOf(slice, 1, 1, 2));
  meter.observe(pageOf(slice, 2, 2, 2));
  meter.observe({ type: "completed", at: 3, slice, result: { bars: 1, requests: 2 } });
  meter.observe({ type: "failed", at: 4, slice, error: { code: "UNEXPECTED", message: "no" } });
  expect(meter.snapshot(5)).toMatchObject({ slices: 2, failed: 1, requests: 2, etaMs: 0 });
});

test("what it takes to begin is not taken for the pace", () => {
  const meter = progressMeter(totals, 0);
  // Four seconds until the first answer, then at the allowed rate: 290 to go at 200 a minute.
  for (let i = 0; i < 10; i++) meter.observe(pageOf(slice, 4000 + i * 300, i + 1));
  const { requestsPerMinute, etaMs } = meter.snapshot(4000 + 9 * 300);
  expect(requestsPerMinute).toBeLessThan(100);
  expect(etaMs).toBeCloseTo(87_000);
});
