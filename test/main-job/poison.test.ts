import { describe, expect, it } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill } from "../../src/index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const market = syntheticMarket();
const SPAN = { start: Date.UTC(2024, 0, 3), end: Date.UTC(2024, 0, 10) };
const good = (count: number) => Array.from({ length: count }, (_, i) => `GD${String(i).padStart(3, "0")}`);
/** Well-formed to barfill, malformed to the service, and spread among the good ones. */
const bad = (count: number) => Array.from({ length: count }, (_, i) => `GD${String(i * 12).padStart(3, "0")}-BAD`);

/**
 * A day's bars of all symbols in one slice, by the service's count; `named: false` keeps the service from naming
 * anyone.
 */
async function backfill(symbols: readonly string[], { named }: { readonly named: boolean }) {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const simulator = alpacaSimulator({ market, clock, requestsPerMinute: 1_000_000, burst: 100_000 });
  const mute: typeof fetch = async (input, init) => {
    const answer = await simulator.fetch(input as string, init);
    if (named || answer.status !== 400) return answer;
    const body = (await answer.text()).replace(/: [^"]+/, "");
    return new Response(body, { status: 400, headers: answer.headers });
  };
  const store = memoryStore();
  const job = createBackfill({
    // The list of symbols of one request is all that the URL must hold.
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: mute, maxUrlBytes: 100_000 }),
    store,
    queue: memoryQueue({ clock }),
    limiter: { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} },
    clock,
  });
  const report = await clock.run(job.run({ symbols, timeframes: ["1Day"], ...SPAN }));
  const covered = report.series.filter(({ state }) => state === "covered").map(({ series }) => series.symbol);
  return { report, covered, requests: simulator.stats.requests, rejected: simulator.stats.rejected };
}

describe("malformed symbols", () => {
  it("one that the service names costs one extra request", async () => {
    const clean = await backfill(good(499), { named: true });
    const { report, requests, covered } = await backfill([...good(499), ...bad(1)], { named: true });
    expect(requests).toBe(clean.requests + 1);
    expect(covered).toEqual(good(499));
    expect(report.quarantined).toMatchObject([
      { symbol: "GD000-BAD", reason: expect.stringContaining("invalid symbol: GD000-BAD") },
    ]);
  });

  it("40 among 500 that the service names, one at a time, cost 40 and fail no good one", async () => {
    const clean = await backfill(good(460), { named: true });
    const { report, requests, covered } = await backfill([...good(460), ...bad(40)], { named: true });
    console.log(`40 named: ${requests} requests, ${clean.requests} without them`);
    expect(requests).toBe(clean.requests + 40);
    expect(covered).toEqual(good(460));
    expect(report.quarantined.map(({ symbol }) => symbol)).toEqual(bad(40));
    expect(report.failed).toEqual([]);
  });

  it.each([0, 7, 250, 499])(
    "one that nobody names, at place %d of 500, is found within log2(500) rounds",
    async (place) => {
      const symbols = good(500).map((symbol, i) => (i === place ? `${symbol}-BAD` : symbol));
      const { report, rejected, requests, covered } = await backfill(symbols, { named: false });
      // Every round halves: the whole, then half of it, down to the one alone.
      expect(rejected).toBeLessThanOrEqual(1 + Math.ceil(Math.log2(500)));
      expect(requests).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(500)));
      expect(report.quarantined).toHaveLength(1);
      expect(covered).toHaveLength(499);
    },
  );

  it("40 among 500 that nobody names fail no good one, and cost 40 times log2(500/40) rounds or so", async () => {
    const { report, requests, covered } = await backfill([...good(460), ...bad(40)], { named: false });
    console.log(`40 unnamed: ${requests} requests`);
    expect(covered).toEqual(good(460));
    expect(report.quarantined.map(({ symbol }) => symbol)).toEqual(bad(40));
    // The halves of a tree with 40 poisoned leaves: 2 x 40 requests a level below the 40th node, 2 a node above.
    const levels = Math.ceil(Math.log2(500)) - Math.floor(Math.log2(40));
    expect(requests).toBeLessThanOrEqual(2 * 40 * levels + 2 * 64);
  });

  it("pairs of crypto are no different", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const simulator = alpacaSimulator({ market, clock, requestsPerMinute: 1_000_000 });
    const job = createBackfill({
      source: alpacaCrypto({ fetch: simulator.fetch as typeof fetch }),
      store: memoryStore(),
      queue: memoryQueue({ clock }),
      limiter: { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} },
      clock,
    });
    const symbols = ["BTC/USD", "BTC-USD", "ETH/USD"];
    const report = await clock.run(job.run({ symbols, timeframes: ["1Day"], ...SPAN }));
    expect(report.quarantined).toMatchObject([{ symbol: "BTC-USD" }]);
    expect(report.requests).toBe(2);
  });
});
