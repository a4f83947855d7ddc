import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../src/system-clock.ts";

const NOW = Date.parse("2024-01-02T14:30:00Z");

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

test("now is the machine's time", async () => {
  expect(systemClock.now()).toBe(NOW);
  await vi.advanceTimersByTimeAsync(1_234);
  expect(systemClock.now()).toBe(NOW + 1_234);
});

describe("sleep", () => {
  test("resolves after so many milliseconds, not before", async () => {
    const awake = vi.fn();
    void systemClock.sleep(1_000).then(awake);
    await vi.advanceTimersByTimeAsync(999);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([0, -1, -60_000, Number.NEGATIVE_INFINITY])("%d ms passes at once", async (ms) => {
    const awake = vi.fn();
    void systemClock.sleep(ms).then(awake);
    await vi.advanceTimersByTimeAsync(0);
    expect(awake).toHaveBeenCalledOnce();
  });

  test("lasts as long as it is asked to, however long, where a timer holds 24.8 days at most", async () => {
    const DAY_MS = 86_400_000;
    const awake = vi.fn();
    void systemClock.sleep(60 * DAY_MS).then(awake);
    await vi.advanceTimersByTimeAsync(60 * DAY_MS - 1);
    expect(awake).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(awake).toHaveBeenCalledOnce();
    const abort = new AbortController();
    const forever = expect(systemClock.sleep(Number.POSITIVE_INFINITY, abort.signal)).rejects.toBe("stop");
    await vi.advanceTimersByTimeAsync(30 * DAY_MS);
    abort.abort("stop");
    await forever;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects with the signal's reason, and leaves no timer", async () => {
    const abort = new AbortController();
    const reason = { because: "the test says so" };
    const asleep = systemClock.sleep(60_000, abort.signal);
    const refused = expect(asleep).rejects.toBe(reason);
    await vi.advanceTimersByTimeAsync(10);
    abort.abort(reason);
    await refused;
    expect(vi.getTimerCount()).toBe(0);
  });

  test("rejects at once when aborted before, however short the sleep", async () => {
    const reason = new Error("stop");
    await expect(systemClock.sleep(0, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("lets go of the signal when it wakes", async () => {
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const asleep = systemClock.sleep(10, signal);
    await vi.advanceTimersByTimeAsync(10);
    await asleep;
    expect(added).toHaveBeenCalledOnce();
    expect(removed).toHaveBeenCalledWith("abort", added.mock.calls[0]?.[1]);
  });
});
