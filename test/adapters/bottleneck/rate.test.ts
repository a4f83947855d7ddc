import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { MINUTE_MS, mostWithin, NOW, saturate, spacings, startsOf } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe("evenly spaced", () => {
  test.each([
    { requestsPerMinute: 200, minutes: 10, waiting: 8 },
    { requestsPerMinute: 10_000, minutes: 3, waiting: 40 },
    // 8.59 ms: a spacing that no timer can keep.
    { requestsPerMinute: 7_000, minutes: 2, waiting: 40 },
    { requestsPerMinute: 0.5, minutes: 60, waiting: 2 },
  ])("$requestsPerMinute a minute for $minutes minutes", async ({ requestsPerMinute, minutes, waiting }) => {
    const limiter = bottleneckLimiter({ requestsPerMinute });
    const starts = await saturate(limiter, minutes * MINUTE_MS, waiting);

    const ideal = requestsPerMinute * minutes;
    expect(starts.length).toBeLessThanOrEqual(ideal);
    expect(starts.length).toBeGreaterThanOrEqual(Math.floor(ideal * 0.99));
    expect(mostWithin(starts, MINUTE_MS)).toBeLessThanOrEqual(Math.max(1, requestsPerMinute));
    // A turn that is being registered has a timer of 0 ms for it, and Bottleneck drops the others behind that one.
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([
    { requestsPerMinute: 200, waiting: 8 },
    { requestsPerMinute: 10_000, waiting: 40 },
  ])("$requestsPerMinute a minute, with an event loop that stalls", async ({ requestsPerMinute, waiting }) => {
    const limiter = bottleneckLimiter({ requestsPerMinute });
    // Time goes on and no timer fires: up to 90 ms, some twice a second.
    let stalls = 0;
    const stalling = setInterval(() => vi.setSystemTime(Date.now() + ((++stalls * 37) % 91)), 457);
    const starts = await saturate(limiter, 2 * MINUTE_MS, waiting);
    clearInterval(stalling);

    const minutes = (Date.now() - NOW) / MINUTE_MS;
    expect(minutes).toBeGreaterThan(2.1);
    expect(mostWithin(starts, MINUTE_MS)).toBeLessThanOrEqual(requestsPerMinute);
    expect(starts.length).toBeGreaterThan(requestsPerMinute * minutes * 0.99 - 1);
  });

  test("a pause saves nothing up", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    startsOf(limiter, 1);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    const starts = startsOf(limiter, 20);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);

    expect(starts).toHaveLength(20);
    // Timers count whole milliseconds.
    expect(Math.min(...spacings(starts))).toBeGreaterThanOrEqual(299);
  });

  test("requests leave in the order in which they were scheduled", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
    const order: number[] = [];
    for (let i = 0; i < 100; i++) void limiter.schedule(async () => void order.push(i));
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  test("a slow answer holds nobody back", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    const starts = startsOf(limiter, 20, MINUTE_MS);
    await vi.advanceTimersByTimeAsync(20 * 301);
    expect(starts).toHaveLength(20);
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
  });
});

describe("maxConcurrent", () => {
  test.each([{ burst: 1 }, { burst: 50 }])("bounds what is under way, burst $burst", async ({ burst }) => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000, burst, maxConcurrent: 4 });
    let underWay = 0;
    let most = 0;
    let done = 0;
    for (let i = 0; i < 100; i++) {
      void limiter.schedule(async () => {
        most = Math.max(most, ++underWay);
        await new Promise((resolve) => setTimeout(resolve, 200));
        underWay--;
        done++;
      });
    }
    // 25 rounds of 200 ms, and a few ms a round until the next four have their turns.
    await vi.advanceTimersByTimeAsync(25 * 230);
    expect(most).toBe(4);
    expect(done).toBe(100);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a request that fails frees its place", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200, maxConcurrent: 1 });
    const refused = expect(limiter.schedule(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
    const second = limiter.schedule(async () => "yes");
    await vi.advanceTimersByTimeAsync(400);
    await refused;
    await expect(second).resolves.toBe("yes");
  });
});
