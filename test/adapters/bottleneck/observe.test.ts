import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { MINUTE_MS, mostWithin, NOW, saturate, spacings, startsOf } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe("limit", () => {
  test("a lower limit slows down, those in line included", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 1_000 });
    const before = startsOf(limiter, 10);
    const after = startsOf(limiter, 500);
    await vi.advanceTimersByTimeAsync(10 * 61);
    expect(before).toHaveLength(10);
    limiter.observe({ limit: 100 });
    const already = after.length;
    await vi.advanceTimersByTimeAsync(MINUTE_MS);

    expect(after.length - already).toBeGreaterThanOrEqual(99);
    expect(after.length - already).toBeLessThanOrEqual(100);
    expect(Math.min(...spacings(after.slice(already)))).toBeGreaterThanOrEqual(600);
  });

  test("the old pace and the new one never run together", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
    const starts = startsOf(limiter, 2_000);
    for (const limit of [5_000, 8_000, 300, 9_000, 60]) {
      await vi.advanceTimersByTimeAsync(500);
      limiter.observe({ limit });
      const from = starts.length;
      await vi.advanceTimersByTimeAsync(500);
      // Timers count whole milliseconds.
      const closest = Math.min(...spacings(starts.slice(from)), MINUTE_MS);
      expect(closest).toBeGreaterThanOrEqual(Math.floor(MINUTE_MS / limit) - 1);
    }
  });

  test("a higher limit speeds up again, never past the configured rate", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    limiter.observe({ limit: 50 });
    const slow = await saturate(limiter, MINUTE_MS, 4);
    limiter.observe({ limit: 10_000 });
    const fast = await saturate(limiter, MINUTE_MS, 4);

    expect(slow).toHaveLength(50);
    expect(fast.length).toBeGreaterThanOrEqual(198);
    expect(mostWithin(fast, MINUTE_MS)).toBeLessThanOrEqual(200);
  });

  test("a long wait at a slow rate ends when the rate rises", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    const starts = startsOf(limiter, 2);
    await vi.advanceTimersByTimeAsync(10);
    limiter.observe({ limit: 1 });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(starts).toHaveLength(1);
    limiter.observe({ limit: 200 });
    await vi.advanceTimersByTimeAsync(10);
    expect(starts).toHaveLength(2);
  });

  test("a lower limit bounds the burst too", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 1_000, burst: 500 });
    limiter.observe({ limit: 20 });
    const starts = startsOf(limiter, 100);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(starts).toHaveLength(20);
  });

  test.each([{ limit: 0 }, { limit: -1 }, { limit: Number.NaN }, {}])("%o says nothing", async (budget) => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    limiter.observe(budget);
    expect(await saturate(limiter, MINUTE_MS, 4)).toHaveLength(200);
  });
});

describe("remaining", () => {
  test("nothing remaining holds until the reset", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    limiter.observe({ limit: 200, remaining: 0, resetAt: NOW + 4_000 });
    const starts = startsOf(limiter, 5);
    await vi.advanceTimersByTimeAsync(3_999);
    expect(starts).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(starts).toHaveLength(5);
    expect(Math.min(...spacings(starts))).toBeGreaterThanOrEqual(299);
  });

  test.each([
    { remaining: 0 },
    { remaining: 0, resetAt: NOW - 1 },
    { remaining: 1, resetAt: NOW + 4_000 },
    { resetAt: NOW + 4_000 },
  ])("%o holds nobody", async (budget) => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    limiter.observe(budget);
    const starts = startsOf(limiter, 1);
    await vi.advanceTimersByTimeAsync(10);
    expect(starts).toHaveLength(1);
  });

  test("a service that always reports its next token as the reset costs 1 %", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    let requests = 0;
    const ask = async () => {
      const resetAt = Date.now() + 300;
      requests++;
      await new Promise((resolve) => setTimeout(resolve, 50));
      limiter.observe({ limit: 200, remaining: 0, resetAt });
    };
    for (let i = 0; i < 2_000; i++) void limiter.schedule(ask);
    await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
    expect(requests).toBeGreaterThan(1_000 * 0.985);
    expect(requests).toBeLessThanOrEqual(1_000);
  });
});
