import { describe, expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill, pageBudget } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { contains, type Interval } from "../../src/model/interval.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator, type FaultKind, seededFaults, TRANSIENT_FAULTS } from "../../src/testing/simulator/index.ts";

const SYMBOLS = ["AAPL", "BTDR", "GOOG", "MSFT", "SPY", "VIX", "ZBH"];
const SPAN = { start: Date.UTC(2024, 0, 3), end: Date.UTC(2024, 0, 9) };
const PAGE = 700;
const market = syntheticMarket();

/** One backfill under the faults of one seed, and what is wrong with its outcome: nothing, if it keeps its promise. */
async function wrongsOf(seed: number, rate: number, kinds: readonly FaultKind[]): Promise<string[]> {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const faults = seededFaults({ seed, rate, kinds });
  const simulator = alpacaSimulator({ market, clock, faults, requestsPerMinute: 1_000_000, burst: 200_000 });
  const smallPages: typeof fetch = (input, init) =>
    simulator.fetch(String(input).replace("limit=10000", `limit=${PAGE}`), init);
  const source = alpacaStocks({ keyId: "key", secretKey: "secret", fetch: smallPages, timeoutMs: 600_000 });
  const store = memoryStore();
  let roll = seed;
  const backfill = createBackfill({
    source: { ...source, limits: { ...source.limits, pageSize: PAGE } },
    store,
    queue: memoryQueue({ clock }),
    planner: pageBudget({ pages: 4 }),
    limiter: { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} },
    clock,
    random: () => (roll = (roll * 16807) % 2147483647) / 2147483647,
    concurrency: 3,
  });
  const report = await clock.run(backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], ...SPAN }));

  const wrongs: string[] = [];
  const gapsOf = (symbol: string): readonly Interval[] =>
    report.gaps.find((gap) => gap.series.symbol === symbol)?.intervals ?? [];
  for (const { series } of report.series) {
    const stored = new Map<number, Bar>();
    for await (const bar of store.read(series, { start: 0, end: SPAN.end * 2 })) stored.set(bar.openTime, bar);
    for (const { minutes: _, ...bar } of market.bars(series.symbol, "1Min", SPAN)) {
      const held = stored.get(bar.openTime);
      stored.delete(bar.openTime);
      const inGap = gapsOf(series.symbol).some((gap) => contains(gap, bar.openTime));
      if (held === undefined && !inGap) wrongs.push(`${series.symbol}: a bar is lost at ${bar.openTime}`);
      if (held !== undefined && JSON.stringify(held) !== JSON.stringify(bar))
        wrongs.push(`${series.symbol}: a bar is changed`);
    }
    if (stored.size > 0) wrongs.push(`${series.symbol}: ${stored.size} bars are made up`);
  }
  if (report.complete !== (report.gaps.length === 0)) wrongs.push("complete is not what the gaps say");
  if (!report.complete && report.failed.length === 0) wrongs.push("something is missing, and no run failed");
  return wrongs;
}

// A few of each: test/simulation draws thousands, with all else that can go wrong.
const SEEDS = Array.from({ length: 8 }, (_, i) => i + 1);

describe("faults by chance", () => {
  it.each([0.05, 0.3])(
    "at a rate of %d lose, make up and change no bar that the report does not tell of",
    async (rate) => {
      for (const seed of SEEDS) expect(await wrongsOf(seed, rate, TRANSIENT_FAULTS), `seed ${seed}`).toEqual([]);
    },
  );

  it("that mangle bars keep them out, and the report tells where they are missing", async () => {
    for (const seed of SEEDS) expect(await wrongsOf(seed, 0.3, ["bad-bar"]), `seed ${seed}`).toEqual([]);
  });

  it.each(TRANSIENT_FAULTS.filter((kind) => kind !== "slow"))(
    "of the kind %s alone, on every other request",
    async (kind) => {
      for (const seed of SEEDS.slice(0, 4)) expect(await wrongsOf(seed, 0.5, [kind]), `seed ${seed}`).toEqual([]);
    },
  );
});
