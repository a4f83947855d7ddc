import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { lowestBucket, MINUTE_MS, mostWithin, NOW, saturate, startsOf } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

describe.each([
  { requestsPerMinute: 200, burst: 200 },
  { requestsPerMinute: 200, burst: 2 },
  { requestsPerMinute: 1_000, burst: 1_000 },
  { requestsPerMinute: 1_000, burst: 30 },
])("burst $burst at $requestsPerMinute a minute", ({ requestsPerMinute, burst }) => {
  const refillMs = MINUTE_MS / requestsPerMinute;

  test("the bucket at once, then the rate", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute, burst });
    const starts = await saturate(limiter, 10 * MINUTE_MS, burst + 8);

    expect(mostWithin(starts, 5)).toBe(burst);
    expect(starts.length).toBeLessThanOrEqual(burst + 10 * requestsPerMinute);
    expect(starts.length).toBeGreaterThan((burst + 10 * requestsPerMinute) * 0.99);
    expect(mostWithin(starts, MINUTE_MS)).toBeLessThanOrEqual(burst + requestsPerMinute);
    expect(lowestBucket(starts, burst, refillMs)).toBeGreaterThanOrEqual(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("never overdraws the service's bucket, whatever the pauses", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute, burst });
    const starts: number[] = [];
    for (let round = 0; round < 60; round++) {
      const batch = startsOf(limiter, 1 + ((round * 37) % (burst + 5)));
      // Odd pauses, so that every phase of the refill is met.
      await vi.advanceTimersByTimeAsync(((round * 7919) % 97) * refillMs + round);
      starts.push(...batch);
      if (round % 10 === 9) await vi.advanceTimersByTimeAsync(20 * MINUTE_MS);
    }
    expect(
      lowestBucket(
        starts.sort((a, b) => a - b),
        burst,
        refillMs,
      ),
    ).toBeGreaterThanOrEqual(0);
  });

  test("a pause fills the bucket again, to the brim and no further", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute, burst });
    startsOf(limiter, burst);
    await vi.advanceTimersByTimeAsync(100 * MINUTE_MS);
    const starts = startsOf(limiter, burst + 20);
    await vi.advanceTimersByTimeAsync(5);
    expect(starts).toHaveLength(burst);
  });
});

test("waiters that leave spend nothing", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200, burst: 10 });
  const abort = new AbortController();
  startsOf(limiter, 10);
  const gone = limiter.schedule(async () => "never", { signal: abort.signal });
  const refused = expect(gone).rejects.toBe("enough");
  abort.abort("enough");
  await refused;
  await vi.advanceTimersByTimeAsync(10 * 301);
  const starts = startsOf(limiter, 10);
  await vi.advanceTimersByTimeAsync(5);
  expect(starts).toHaveLength(10);
});

test("a hold empties the bucket", async () => {
  const limiter = bottleneckLimiter({ requestsPerMinute: 200, burst: 100 });
  limiter.holdUntil(NOW + MINUTE_MS);
  const starts = startsOf(limiter, 20);
  await vi.advanceTimersByTimeAsync(MINUTE_MS + 900);
  expect(starts).toHaveLength(3);
});
