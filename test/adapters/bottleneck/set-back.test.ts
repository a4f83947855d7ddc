import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { NOW, startsOf } from "./starts.ts";

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

test("requests go on at their pace when the clock is set back by two hours", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 600 });
  startsOf(limiter, 3);
  await vi.advanceTimersByTimeAsync(1000);
  vi.setSystemTime(Date.now() - 2 * HOUR_MS);
  const setBackAt = Date.now();
  const starts = startsOf(limiter, 5);
  await vi.advanceTimersByTimeAsync(1000);
  expect(starts).toHaveLength(5);
  expect(Math.max(...starts)).toBeLessThan(setBackAt + 600);
});

test("a hold lasts as long as it was asked for, whatever the clock does", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 600 });
  startsOf(limiter, 1);
  await vi.advanceTimersByTimeAsync(1000);
  vi.setSystemTime(Date.now() - 2 * HOUR_MS);
  const setBackAt = Date.now();
  limiter.holdUntil(setBackAt + 5000);
  const starts = startsOf(limiter, 1);
  await vi.advanceTimersByTimeAsync(4900);
  expect(starts).toEqual([]);
  await vi.advanceTimersByTimeAsync(200);
  expect(starts).toHaveLength(1);
});

test.each([0, 2 * HOUR_MS, -2 * HOUR_MS])(
  "a reset is waited for on the service's clock, %d ms from ours",
  async (awayMs) => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 600 });
    const toldAt = NOW + awayMs;
    limiter.observe({ remaining: 0, resetAt: toldAt + 20_000, toldAt });
    const starts = startsOf(limiter, 1);
    await vi.advanceTimersByTimeAsync(19_900);
    expect(starts).toEqual([]);
    await vi.advanceTimersByTimeAsync(300);
    expect(starts).toHaveLength(1);
  },
);
