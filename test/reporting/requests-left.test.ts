import { expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { BackfillEvent } from "../../src/contracts/observer.ts";
import { createBackfill } from "../../src/index.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { type RequestsLeft, requestsLeft } from "../../src/reporting/requests-left.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

/** Slice `nth` of a plan, thought to take 32 pages. */
const sliceOf = (nth: number): Slice =>
  makeSlice({
    ...{ provider: "test", symbols: [`S${nth}`], timeframe: "1Min", feed: "sip", adjustment: "raw", priority: 0 },
    interval: { start: 0, end: 1 },
    estimate: { bars: 320_000, pages: 32 },
  });
const SLICES = Array.from({ length: 20 }, (_, i) => sliceOf(i));

function page(slice: Slice, settled: number): BackfillEvent {
  const { interval } = slice;
  return { type: "page", at: 0, slice, symbols: 1, interval, bars: 10_000, last: settled === 1, settled };
}

const completed = (slice: Slice): BackfillEvent => ({
  type: "completed",
  at: 0,
  slice,
  result: { bars: 1, requests: 1 },
});

/** Works `slices` one after the other, in `pages` pages each; what is left by `left` after every page and ending. */
function work(left: RequestsLeft, slices: readonly Slice[], pages: number): number[] {
  return slices.flatMap((slice) => {
    const told = Array.from({ length: pages }, (_, i) => {
      left.observe(page(slice, (i + 1) / pages));
      return left.now();
    });
    left.observe(completed(slice));
    return [...told, left.now()];
  });
}

test("what was expected is left at first, and nothing when all is over", () => {
  const left = requestsLeft(640);
  expect(left.now()).toBe(640);
  expect(work(left, SLICES, 32).at(-1)).toBe(0);
});

test("slices that take half as many pages again say so of all others from their first pages on", () => {
  const left = requestsLeft(640);
  const told = work(left, SLICES.slice(0, 1), 48);
  // 960 in truth. After ten pages of the first slice, not after the last one of it.
  expect(told[9]).toBeGreaterThan(0.93 * 950);
  for (const [i, some] of told.slice(0, 48).entries()) expect(some).toBeLessThanOrEqual((960 - i - 1) * (1 + 1e-9));
  expect(told.at(-1)).toBeGreaterThan(0.98 * 912);
});

test("slices that take fewer pages make it less, and so does an answer that was all of it", () => {
  const left = requestsLeft(640);
  expect(work(left, SLICES.slice(0, 3), 1).at(-1)).toBeLessThan(17 * 2);
});

test("what was worked of late counts most", () => {
  const left = requestsLeft(640);
  work(left, SLICES.slice(0, 10), 48);
  const [told] = work(left, SLICES.slice(10, 17), 16).slice(-1);
  expect(told).toBeGreaterThan(3 * 16 * 0.99);
  expect(told).toBeLessThan(3 * 16 * 1.2);
});

test("a page that settles next to nothing, or nearly all, is not believed by more than a factor of two", () => {
  const left = requestsLeft(640);
  for (let i = 0; i < 20; i++) left.observe(page(SLICES[0] as Slice, 1e-9));
  expect(left.now()).toBeLessThan(2 * 640);
  const other = requestsLeft(640);
  other.observe(page(SLICES[0] as Slice, 0.99));
  expect(other.now()).toBeGreaterThan((640 - 32) / 2);
});

test("what another attempt asks is the rest of the slice", () => {
  const left = requestsLeft(32);
  const [slice] = SLICES as [Slice, ...Slice[]];
  for (let i = 1; i <= 16; i++) left.observe(page(slice, i / 32));
  left.observe({ type: "returned", at: 0, slice });
  left.observe({ type: "leased", at: 0, slice, attempt: 2 });
  for (let i = 1; i <= 8; i++) left.observe(page(slice, i / 16));
  expect(left.now()).toBeCloseTo(8);
});

test("what is cut anew is expected to take what it was cut for", () => {
  const left = requestsLeft(640);
  const told = work(left, SLICES.slice(0, 4), 2);
  expect(told.at(-1)).toBeLessThan(16 * 4);
  left.observe(page(SLICES[4] as Slice, 0.5));
  left.observe({ type: "resliced", at: 0, before: 15, after: 1, pages: { before: 15 * 32, after: 30 } });
  left.observe(page(SLICES[4] as Slice, 1));
  left.observe(completed(SLICES[4] as Slice));
  expect(left.now()).toBe(30);
});

test("slices that others have are not waited for, nor what was not expected", () => {
  const left = requestsLeft(64);
  left.observe(page(SLICES[0] as Slice, 1 / 32));
  left.observe({ type: "lost", at: 0, slice: SLICES[0] as Slice });
  expect(left.now()).toBeCloseTo(32);
  for (const slice of SLICES) left.observe(completed(slice));
  expect(left.now()).toBe(0);
});

test("of symbols that trade every minute it is known after a few pages what was planned for too few requests", async () => {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const { fetch } = alpacaSimulator({
    market: syntheticMarket({ minuteShare: () => 1 }),
    clock,
    requestsPerMinute: 10_000,
  });
  const told: number[] = [];
  let left = requestsLeft(0);
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch }),
    ...{ store: memoryStore(), queue: memoryQueue({ clock }), clock, requestsPerMinute: 10_000 },
    observer(event) {
      left.observe(event);
      if (event.type === "page") told.push(left.now() + told.length + 1);
    },
  });
  const plan = await backfill.plan({
    symbols: ["AAPL", "SPY"],
    timeframes: ["1Min"],
    start: "2022-01-01",
    end: "2023-01-01",
  });
  left = requestsLeft(plan.estimate.requests.expected);
  await backfill.enqueue(plan);
  await clock.run(backfill.work());
  console.log(`${plan.estimate.requests.expected} planned, ${told.length} in truth, ${told[4]} told after five pages`);
  expect(told.length).toBeGreaterThan(plan.estimate.requests.expected * 1.4);
  for (const total of told.slice(4)) expect(Math.abs(total / told.length - 1)).toBeLessThan(0.1);
});
