import { vi } from "vitest";
import type { RateLimiter } from "../../../src/contracts/rate-limiter.ts";
import type { EpochMs } from "../../../src/model/interval.ts";

export const MINUTE_MS = 60_000;
/** When the simulated day begins. */
export const NOW: EpochMs = Date.parse("2024-01-02T14:30:00Z");

/** Schedules `count` requests that take `latencyMs`, and returns the times at which they start, as they start. */
export function startsOf(limiter: RateLimiter, count: number, latencyMs = 0): readonly EpochMs[] {
  const starts: EpochMs[] = [];
  for (let i = 0; i < count; i++) {
    void limiter.schedule(async () => {
      starts.push(Date.now());
      if (latencyMs > 0) await new Promise((resolve) => setTimeout(resolve, latencyMs));
    });
  }
  return starts;
}

/** Keeps `waiting` requests in line for `durationMs`, and returns the times at which requests started. */
export async function saturate(limiter: RateLimiter, durationMs: number, waiting: number): Promise<EpochMs[]> {
  const starts: EpochMs[] = [];
  const stop = new AbortController();
  const keepAsking = async () => {
    while (!stop.signal.aborted) {
      await limiter.schedule(async () => void starts.push(Date.now()), { signal: stop.signal });
    }
  };
  const askers = Array.from({ length: waiting }, () => keepAsking().catch(() => {}));
  await vi.advanceTimersByTimeAsync(durationMs);
  stop.abort();
  await Promise.all(askers);
  return starts;
}

/** The most starts in any `[t, t + windowMs)`. */
export function mostWithin(starts: readonly EpochMs[], windowMs: number): number {
  let most = 0;
  for (let first = 0, end = 0; first < starts.length; first++) {
    while (end < starts.length && (starts[end] as number) < (starts[first] as number) + windowMs) end++;
    most = Math.max(most, end - first);
  }
  return most;
}

/** Times from one start to the next. */
export function spacings(starts: readonly EpochMs[]): number[] {
  return starts.slice(1).map((start, i) => start - (starts[i] as number));
}

/**
 * What a service's own bucket would hold after each start: `capacity` at once, then one more every `refillMs`.
 * The lowest it came to; below 0 is a 429.
 */
export function lowestBucket(starts: readonly EpochMs[], capacity: number, refillMs: number): number {
  let held = capacity;
  let lowest = capacity;
  let asOf = starts[0] ?? 0;
  for (const start of starts) {
    held = Math.min(capacity, held + (start - asOf) / refillMs) - 1;
    asOf = start;
    lowest = Math.min(lowest, held);
  }
  return lowest;
}
