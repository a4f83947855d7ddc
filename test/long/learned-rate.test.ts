import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { budgetIn } from "../../src/adapters/alpaca/sdk-errors.ts";
import { bottleneckLimiter } from "../../src/adapters/bottleneck/index.ts";
import { RateLimitedError } from "../../src/errors.ts";
import { DEFAULT_RETRY, holdMs } from "../../src/executor/retry.ts";
import type { Market } from "../../src/testing/market/index.ts";
import { type AlpacaSimulatorOptions, alpacaSimulator } from "../../src/testing/simulator/index.ts";

const MINUTE_MS = 60_000;
/** A page of nothing is a request like any other, and costs the test least. */
const emptyMarket: Market = { *bars() {}, count: () => ({ bars: 0, minutes: 0 }), assets: () => [] };

interface Asking extends Partial<AlpacaSimulatorOptions> {
  /** What the limiter is told. */
  readonly told: number | "learn";
  /** Requests in flight or in line. */
  readonly askers?: number;
}

const URL = "https://data.alpaca.markets/v2/stocks/bars?symbols=A&timeframe=1Day&start=2024-01-02&end=2024-01-03";
const headers = { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" };

/** Asks one page after the other, with the executor's patience but without its work, and counts what is served. */
function asking({ told, askers = 100, ...simulatorOptions }: Asking) {
  const simulator = alpacaSimulator({ market: emptyMarket, latencyMs: 434, ...simulatorOptions });
  const limiter = bottleneckLimiter({ requestsPerMinute: told, makeUp: 60 });
  let roll = 1;
  const random = () => (roll = (roll * 16807) % 2147483647) / 2147483647;
  let stopped = false;
  let served = 0;
  const ask = async () => {
    const answer = await simulator.fetch(URL, { headers });
    const budget = budgetIn(answer.headers);
    if (answer.status === 429) throw new RateLimitedError("too many requests.");
    if (answer.status !== 200) throw new Error(await answer.text());
    if (budget !== undefined) limiter.observe(budget);
    served++;
  };
  const askOn = async () => {
    for (let refusals = 0; !stopped; ) {
      try {
        await limiter.schedule(ask);
        refusals = 0;
      } catch (error) {
        limiter.holdUntil(Date.now() + holdMs(error as RateLimitedError, ++refusals, DEFAULT_RETRY, random()));
      }
    }
  };
  const all = Array.from({ length: askers }, askOn);
  return {
    limiter,
    simulator,
    served: () => served,
    /** Goes on for `minutes`: what was served and refused in them, a minute. */
    async ask(minutes: number) {
      const before = { served, refused: simulator.stats.overdrawn };
      await vi.advanceTimersByTimeAsync(minutes * MINUTE_MS);
      const refused = simulator.stats.overdrawn - before.refused;
      return { perMinute: (served - before.served) / minutes, refused };
    },
    async end() {
      stopped = true;
      await vi.advanceTimersByTimeAsync(MINUTE_MS);
      await Promise.all(all);
    },
  };
}

describe("the rate that a service allows is learned", () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2024, 5, 3) }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["learn", 200, "answers", 0],
    ["learn", 1000, "answers", 0],
    ["learn", 10_000, "answers", 0],
    ["learn", 200, "never", 60],
    ["learn", 1000, "never", 60],
    ["learn", 10_000, "never", 60],
    // Told far too much: the bucket is emptied in a second or two, and what is under way then is refused.
    [1000, 200, "never", 30],
    [10_000, 200, "never", 250],
    [10_000, 200, "answers", 0],
  ] as const)("told %s, at %d a minute, headers: %s", async (told, allowed, rateHeaders, mostRefused) => {
    const asked = asking({ told, requestsPerMinute: allowed, knobs: { rateHeaders } });
    // At 10,000 a minute, shorter: it is requests that cost the test its time.
    const isFast = allowed > 1000;
    const found = await asked.ask(isFast ? (rateHeaders === "never" ? 1.2 : 0.3) : 2);
    expect(found.refused).toBeLessThanOrEqual(mostRefused);
    const minutes = isFast ? [0.3, 0.3] : Array.from({ length: 10 }, () => 1);
    const before = asked.served();
    let [least, most, refused] = [Number.POSITIVE_INFINITY, 0, 0];
    for (const minute of minutes) {
      const one = await asked.ask(minute);
      least = Math.min(least, one.perMinute);
      most = Math.max(most, one.perMinute);
      refused += one.refused;
    }
    console.log(
      `told ${told}, allowed ${allowed}, headers ${rateHeaders}: ${found.refused} refused until found, ` +
        `then ${least} to ${most} a minute, ${refused} refused of ${Math.round(asked.served() - before)}`,
    );
    expect(least / allowed).toBeGreaterThan(0.9);
    expect(most / allowed).toBeLessThan(1.1);
    expect(refused / (asked.served() - before)).toBeLessThan(rateHeaders === "never" ? 0.01 : 1e-9);
    await asked.end();
  });
});
