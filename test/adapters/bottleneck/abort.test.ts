import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { MINUTE_MS, NOW, startsOf } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

/** Settles at once, so that a rejection is never unhandled. */
const settled = (promise: Promise<unknown>) =>
  promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );

describe("abort", () => {
  const reason = { because: "the test says so" };

  test("before scheduling: rejects with the reason, and takes no place", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    const request = vi.fn(async () => 1);
    expect(await settled(limiter.schedule(request, { signal: AbortSignal.abort(reason) }))).toEqual({ reason });
    await vi.advanceTimersByTimeAsync(MINUTE_MS);
    expect(request).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("in line: rejects at once, is never called, and its turn goes to the next", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    const abort = new AbortController();
    startsOf(limiter, 1);
    const request = vi.fn(async () => 1);
    const gone = Array.from({ length: 5 }, () => settled(limiter.schedule(request, { signal: abort.signal })));
    const starts = startsOf(limiter, 1);
    await vi.advanceTimersByTimeAsync(50);
    abort.abort(reason);
    for (const outcome of gone) expect(await outcome).toEqual({ reason });
    await vi.advanceTimersByTimeAsync(300);

    expect(request).not.toHaveBeenCalled();
    expect(starts).toHaveLength(1);
  });

  test("held: rejects at once, and the hold leaves no timer", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    limiter.holdUntil(NOW + MINUTE_MS);
    const abort = new AbortController();
    const request = vi.fn(async () => 1);
    const gone = settled(limiter.schedule(request, { signal: abort.signal }));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(vi.getTimerCount()).toBe(1);
    abort.abort(reason);
    expect(await gone).toEqual({ reason });
    expect(vi.getTimerCount()).toBe(0);

    // The hold itself stands.
    const starts = startsOf(limiter, 1);
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1_010);
    expect(starts).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(50);
    expect(starts).toHaveLength(1);
    expect(request).not.toHaveBeenCalled();
  });

  test("once started: the request's own outcome is the outcome", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 200 });
    const abort = new AbortController();
    const request = () => new Promise((resolve) => setTimeout(() => resolve("done"), 500));
    const outcome = limiter.schedule(request, { signal: abort.signal });
    await vi.advanceTimersByTimeAsync(100);
    abort.abort(reason);
    await vi.advanceTimersByTimeAsync(500);
    expect(await outcome).toBe("done");
  });

  test.each([{ burst: 1 }, { burst: 20 }])(
    "a thousand waiters leave nothing behind; burst $burst",
    async ({ burst }) => {
      const warnings: Error[] = [];
      const onWarning = (warning: Error) => warnings.push(warning);
      process.on("warning", onWarning);
      const limiter = bottleneckLimiter({ requestsPerMinute: 200, burst, maxConcurrent: 30 });
      const shared = new AbortController();
      const listeners = vi.spyOn(shared.signal, "removeEventListener");
      const request = vi.fn(async () => 1);
      startsOf(limiter, burst);
      const gone = Array.from({ length: 1_000 }, () => settled(limiter.schedule(request, { signal: shared.signal })));
      await vi.advanceTimersByTimeAsync(50);
      shared.abort(reason);
      expect(await Promise.all(gone)).toEqual(Array.from({ length: 1_000 }, () => ({ reason })));
      await vi.advanceTimersByTimeAsync(5);

      expect(vi.getTimerCount()).toBe(0);
      expect(request).not.toHaveBeenCalled();
      expect(listeners).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      const starts = startsOf(limiter, 1);
      await vi.advanceTimersByTimeAsync(5);
      expect(starts).toHaveLength(1);
      process.off("warning", onWarning);
      expect(warnings).toEqual([]);
    },
  );

  test("a signal is let go of when its last request has started", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    for (let i = 0; i < 30; i++) void limiter.schedule(async () => 1, { signal });
    await vi.advanceTimersByTimeAsync(1_000);
    expect(added).toHaveBeenCalledTimes(1);
    expect(removed).toHaveBeenCalledTimes(1);
  });
});

describe("outcomes pass through", () => {
  test("the very error", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
    const error = new Error("the source's own");
    const rejected = settled(limiter.schedule(() => Promise.reject(error)));
    const thrown = settled(
      limiter.schedule(() => {
        throw error;
      }),
    );
    await vi.advanceTimersByTimeAsync(100);
    expect(((await rejected) as { reason: unknown }).reason).toBe(error);
    expect(((await thrown) as { reason: unknown }).reason).toBe(error);
  });

  test("the very value", async () => {
    const limiter = bottleneckLimiter({ requestsPerMinute: 10_000 });
    const value = { bars: [] };
    const outcome = limiter.schedule(async () => value);
    await vi.advanceTimersByTimeAsync(100);
    expect(await outcome).toBe(value);
  });
});
