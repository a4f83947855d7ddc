import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { RateLimitedError } from "../../src/errors.ts";
import { createBackfill } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import type { Market } from "../../src/testing/market/index.ts";
import { type ScriptedCall, scriptedSource } from "../../src/testing/scripted-source.ts";
import { type AlpacaSimulatorOptions, alpacaSimulator } from "../../src/testing/simulator/index.ts";
import { MINUTE_MS, mostWithin } from "../adapters/bottleneck/starts.ts";

const START = Date.UTC(2020, 0, 6, 5);
const SYMBOLS = Array.from({ length: 40 }, (_, i) => `S${i}`);
/** Enough days for fifty full pages a symbol. */
const BARS_A_SYMBOL = 500_000;

/** One bar a minute without a break: 40 symbols of half a million bars make 2,000 full pages. */
const thickMarket: Market = {
  *bars(symbol, _timeframe, { start, end }) {
    for (let i = Math.max(0, Math.ceil((start - START) / 60_000)); i < BARS_A_SYMBOL; i++) {
      const openTime = START + i * 60_000;
      if (openTime >= end) return;
      yield { ...barAt(symbol, openTime), minutes: 1 };
    }
  },
  count(_symbol, _timeframe, { start, end }) {
    const first = Math.max(0, Math.ceil((start - START) / 60_000));
    const bars = Math.max(0, Math.min(BARS_A_SYMBOL, Math.ceil((end - START) / 60_000)) - first);
    return { bars, minutes: bars };
  },
  assets: () => [],
};

function barAt(symbol: string, openTime: number): Bar {
  const price = symbol.length + (openTime % 1000);
  return { openTime, open: price, high: price, low: price, close: price, volume: 1 };
}

/** Pages of 100 bars cost what pages of 10,000 do, and a test of 2,000 requests need not move 20 million bars. */
const PAGE = 100;

async function simulate(
  options: Partial<AlpacaSimulatorOptions>,
  requestsPerMinute: number | "learn" = 200,
  minutes = Number.POSITIVE_INFINITY,
) {
  const simulator = alpacaSimulator({ market: thickMarket, latencyMs: 434, ...options });
  // A page of a hundredth: the limit on the wire is cut, everything else is as it would be.
  const smallPages: typeof fetch = (input, init) =>
    simulator.fetch(String(input).replace("limit=10000", `limit=${PAGE}`), init);
  const source = alpacaStocks({ keyId: "key", secretKey: "secret", fetch: smallPages, timeoutMs: 10_000 });
  const store = memoryStore();
  const backfill = createBackfill({
    source: { ...source, limits: { ...source.limits, pageSize: PAGE } },
    store,
    queue: memoryQueue(),
    requestsPerMinute,
    random: () => 0.5,
  });
  const end = START + (BARS_A_SYMBOL / 100) * 60_000;
  const started = Date.now();
  const workOptions = minutes === Number.POSITIVE_INFINITY ? {} : { deadline: started + minutes * 60_000 };
  const done = backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], start: START, end }, workOptions);
  let over = false;
  const finish = () => {
    over = true;
  };
  done.then(finish, finish);
  while (!over) await vi.advanceTimersByTimeAsync(50);
  return { report: await done, stats: simulator.stats, seconds: (Date.now() - started) / 1000, store };
}

describe("under simulated time, at 200 requests a minute and 434 ms a page", () => {
  beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2024, 0, 8) }));
  afterEach(() => void vi.useRealTimers());

  // A bucket of three is what evenly spaced requests need where timers round to a millisecond; the service's holds 200.
  it("2,000 requests finish within 5 % of what the rate allows, and the bucket is never overdrawn", async () => {
    const { report, stats, seconds } = await simulate({ burst: 3 });
    expect(report).toMatchObject({ complete: true, bars: 200_000, requests: stats.requests });
    expect(stats.overdrawn).toBe(0);
    const allowed = (stats.requests / 200) * 60;
    console.log(`${stats.requests} requests in ${seconds} s, ${allowed} s being what the rate allows`);
    expect(stats.requests).toBeGreaterThanOrEqual(2000);
    expect(seconds).toBeLessThan(allowed * 1.05);
  });

  it("429s, with headers and without, lose nothing and overdraw nothing", async () => {
    const { report, stats, seconds } = await simulate({
      burst: 3,
      faults: [
        { kind: "rate-limited", every: 150 },
        { kind: "rate-limited", retryAfterS: 5, every: 370 },
      ],
    });
    expect(report).toMatchObject({ complete: true, inserted: 200_000, revised: 0, gaps: [], failed: [] });
    expect(stats.faults).toBeGreaterThan(10);
    expect(stats.overdrawn).toBe(0);
    console.log(`${stats.requests} requests in ${seconds} s with ${stats.faults} refusals`);
  });

  it.each([
    [200, "answers", 0.97],
    // Without headers each burst might be its own fault, until nothing at all is served.
    [200, "never", 0.96],
  ] as const)(
    "told %s, headers: %s: a burst of 429s a minute leaves %d of the allowance",
    async (told, rateHeaders, share) => {
      // The bucket holds 200, as the service's does; for three seconds of each minute everything is refused.
      const faults = [{ kind: "rate-limited", within: { everyMs: 60_000, forMs: 3000 } }] as const;
      const { stats } = await simulate({ faults, knobs: { rateHeaders } }, told, 10);
      const allowed = 200 * 10;
      console.log(
        `told ${told}, headers ${rateHeaders}: ${stats.pages} pages in ten minutes, ${((100 * stats.pages) / allowed).toFixed(1)} % ` +
          `of the allowance, ${stats.faults} refused by the bursts, ${stats.overdrawn} overdrafts`,
      );
      expect(stats.faults).toBeGreaterThanOrEqual(30);
      expect(stats.pages / allowed).toBeGreaterThanOrEqual(share);
      expect(stats.overdrawn).toBe(0);
    },
  );

  it.each([
    ["none", undefined, 300],
    ["thirty", 30, 330],
  ])(
    "after a pause no minute sees more than the number and what the source lets be made up for: %s",
    async (_, makeUp, most) => {
      const minutes = Array.from({ length: 30 }, (_, i) => START + i * MINUTE_MS);
      const bars = Object.fromEntries(SYMBOLS.map((symbol) => [symbol, minutes.map((at) => barAt(symbol, at))]));
      const starts: number[] = [];
      const script = ({ call }: ScriptedCall) => {
        starts.push(Date.now());
        return call === 100 ? new RateLimitedError("wait", { retryAfterMs: 13_000 }) : undefined;
      };
      const limits = { symbolsPerRequest: 1, ...(makeUp === undefined ? {} : { makeUp }) };
      const source = scriptedSource({ bars, pageSize: 1, script, limits });
      const options = { store: memoryStore(), queue: memoryQueue(), requestsPerMinute: 300, concurrency: 20 };
      const wish = { symbols: SYMBOLS, timeframes: ["1Min"], start: START, end: START + 30 * MINUTE_MS } as const;
      const done = createBackfill({ source, ...options }).run(wish);
      await vi.advanceTimersByTimeAsync(5 * MINUTE_MS);
      expect(await done).toMatchObject({ complete: true, bars: 1200 });
      const busiest = mostWithin(starts, MINUTE_MS);
      expect(busiest).toBeLessThanOrEqual(most);
      // And what may be made up for is: as far as 10 % go.
      expect(busiest).toBeGreaterThan(makeUp === undefined ? 295 : 320);
    },
  );

  it("a rate set too high is brought down by the service's headers, and nothing is lost", async () => {
    const { report, stats } = await simulate({}, 1000);
    expect(report).toMatchObject({ complete: true, inserted: 200_000 });
    // Until the first answer is back, requests leave at the rate that was asked for; the bucket bears it.
    expect(stats.overdrawn).toBe(0);
  });
});
