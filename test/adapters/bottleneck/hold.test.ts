import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { MINUTE_MS, mostWithin, NOW, saturate, spacings, startsOf } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

test.each([{ burst: 1 }, { burst: 50 }])(
  "nothing leaves before the hold is over, and then one by one; burst $burst",
  async ({ burst }) => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000, burst });
    startsOf(limiter, burst);
    await vi.advanceTimersByTimeAsync(50);
    limiter.holdUntil(NOW + 10_000);
    const starts = startsOf(limiter, 100);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);

    expect(starts).toHaveLength(100);
    expect(starts[0]).toBeGreaterThanOrEqual(NOW + 10_000);
    expect(starts[0]).toBeLessThan(NOW + 10_020);
    expect(Math.min(...spacings(starts))).toBeGreaterThanOrEqual(5);
    expect(vi.getTimerCount()).toBe(0);
  },
);

test("a hold catches those who already have a turn coming", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
  const starts = startsOf(limiter, 100);
  await vi.advanceTimersByTimeAsync(60);
  const before = starts.length;
  limiter.holdUntil(NOW + 5_000);
  await vi.advanceTimersByTimeAsync(4_900);
  expect(before).toBeGreaterThan(5);
  expect(starts).toHaveLength(before);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(starts).toHaveLength(100);
});

test("a hold that ends early keeps the spacing to the last request", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
  const starts = startsOf(limiter, 2);
  await vi.advanceTimersByTimeAsync(20);
  limiter.holdUntil(NOW + 50);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(starts).toHaveLength(2);
  expect(spacings(starts)[0]).toBeGreaterThanOrEqual(300);
});

test("a later call never shortens a hold, and may lengthen it", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
  limiter.holdUntil(NOW + 5_000);
  const starts = startsOf(limiter, 1);
  limiter.holdUntil(NOW + 1_000);
  limiter.holdUntil(NOW - 1_000);
  limiter.holdUntil(Number.NaN);
  await vi.advanceTimersByTimeAsync(2_000);
  limiter.holdUntil(NOW + 8_000);
  await vi.advanceTimersByTimeAsync(5_990);
  expect(starts).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(30);
  expect(starts).toHaveLength(1);
});

test("a hold beyond what one timer can wait", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
  const days = 30 * 24 * 60 * MINUTE_MS;
  limiter.holdUntil(NOW + days);
  const starts = startsOf(limiter, 1);
  await vi.advanceTimersByTimeAsync(days - 1);
  expect(starts).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(20);
  expect(starts).toHaveLength(1);
});

test("holds in the middle of the work never let a minute have more than its share", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
  for (let at = 7_000; at < 3 * MINUTE_MS; at += 11_003) {
    setTimeout(() => limiter.holdUntil(Date.now() + (at % 1_500)), at);
  }
  const starts = await saturate(limiter, 3 * MINUTE_MS, 8);
  expect(mostWithin(starts, MINUTE_MS)).toBeLessThanOrEqual(200);
  expect(Math.min(...spacings(starts))).toBeGreaterThanOrEqual(299);
});

test("a hold with nobody in line leaves no timer", () => {
  bottleneckLimiter({ requestsPerMinute: 200 }).holdUntil(NOW + MINUTE_MS);
  expect(vi.getTimerCount()).toBe(0);
});
