// Under a simulated clock nothing waits on the machine's timers, which stand still in here.
import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { openSimulatedPace } from "../../../src/adapters/bottleneck/pace.ts";
import { memoryQueue, memoryStore } from "../../../src/adapters/memory/index.ts";
import type { RateLimiter } from "../../../src/contracts/rate-limiter.ts";
import { RateLimitedError } from "../../../src/errors.ts";
import { createBackfill } from "../../../src/index.ts";
import { fakeClock, scriptedSource } from "../../../src/testing/index.ts";
import { END, minuteBars, START } from "../../support/small-backfill.ts";
import { lowestBucket, MINUTE_MS, mostWithin, NOW, spacings } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "setInterval", "setImmediate", "Date"], now: 0 }));
afterEach(() => void vi.useRealTimers());

/** When each of `count` requests left, on the limiter's clock. */
async function startsAt(count: number, makeLimiter: (clock: ReturnType<typeof fakeClock>) => RateLimiter) {
  const clock = fakeClock({ now: NOW });
  const limiter = makeLimiter(clock);
  const starts: number[] = [];
  const all = Array.from({ length: count }, () => limiter.schedule(async () => void starts.push(clock.now())));
  await clock.run(Promise.all(all));
  return starts;
}

test.each([1, 200, 10_000])("a backfill at %i requests a minute takes as long as the rate says", async (rate) => {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const source = scriptedSource({ bars: { A: minuteBars(90) } });
  const queue = memoryQueue({ clock });
  const backfill = createBackfill({ source, store: memoryStore(), queue, requestsPerMinute: rate, clock });
  const wish = { symbols: ["A"], timeframes: ["1Min"], start: START, end: END } as const;
  const report = await clock.run(backfill.run(wish));
  expect(report).toMatchObject({ complete: true, requests: 30 });
  const expected = (29 * MINUTE_MS) / rate;
  expect(report.elapsedMs).toBeGreaterThanOrEqual(expected);
  expect(report.elapsedMs).toBeLessThanOrEqual(1.003 * expected + 2);
});

test("turns are as far apart as the rate says, in whole milliseconds", async () => {
  const starts = await startsAt(400, (clock) => bottleneckLimiter({ requestsPerMinute: 7000, clock }));
  expect(new Set(spacings(starts))).toEqual(new Set([8, 9]));
  expect(starts.every(Number.isInteger)).toBe(true);
  expect((starts.at(-1) as number) - NOW).toBe(Math.ceil((399 * (MINUTE_MS + 100)) / 7000));
});

test("no minute sees more than the rate, and a burst leaves at once", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 30 }), async (rate, burst) => {
      const count = Math.min(2 * rate, 200);
      const starts = await startsAt(count, (clock) => bottleneckLimiter({ requestsPerMinute: rate, burst, clock }));
      expect(starts.filter((at) => at === NOW)).toHaveLength(Math.min(count, burst));
      expect(mostWithin(starts, MINUTE_MS)).toBeLessThanOrEqual(rate + burst);
      expect(lowestBucket(starts, burst + 1, MINUTE_MS / rate)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 20 },
  );
});

test("a hold, another rate and an abort hold as they do on the machine's clock", async () => {
  const clock = fakeClock({ now: NOW });
  const limiter = bottleneckLimiter({ requestsPerMinute: 600, clock });
  const starts: number[] = [];
  const ask = (signal?: AbortSignal) =>
    limiter.schedule(async () => void starts.push(clock.now() - NOW), signal === undefined ? {} : { signal });
  const gone = new AbortController();
  const all = [ask(), ask(), ask(gone.signal).catch(() => {}), ask(), ask()];
  gone.abort(new Error("gone"));
  await clock.advance(150);
  limiter.holdUntil(NOW + 5000);
  await clock.run(Promise.all(all));
  expect(starts).toEqual([0, 101, 5000, 5101]);
  limiter.observe({ limit: 60 });
  await clock.run(Promise.all([ask(), ask()]));
  expect(starts.slice(4).map((at) => Math.round((at - 5101) / 1000))).toEqual([1, 2]);
  const refused = limiter.schedule(() => Promise.reject(new RateLimitedError("429")));
  await expect(clock.run(refused)).rejects.toThrow("429");
});

test("a retired pace deals no more turns, and no sleep is left", async () => {
  const clock = fakeClock({ now: NOW });
  const pace = openSimulatedPace(0.2, clock);
  const onTurn = vi.fn(() => pace.retire());
  for (let i = 0; i < 20; i++) pace.askForTurn(onTurn);
  await clock.advance(1000);
  expect(onTurn).toHaveBeenCalledOnce();
  const at = openSimulatedPace(300, clock);
  at.askForTurn(onTurn);
  at.retire();
  await clock.advance(1000);
  expect(onTurn).toHaveBeenCalledOnce();
});
