import { expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { MINUTE_MS } from "../../src/model/units.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const market = syntheticMarket({ minuteShare: () => 1 });
/** A trading day, half an hour after the opening. */
const NOW = Date.UTC(2024, 0, 3, 15, 0, 20);
const SYMBOLS = ["IBM", "SPY"];

/** A backfill of a free account (15 minutes behind) or of a paid one, whose clock is the service's. */
function recent(subscription: "basic" | "plus") {
  const clock = fakeClock({ now: NOW });
  const simulator = alpacaSimulator({ market, clock, subscription, requestsPerMinute: 1_000_000 });
  const keys = { keyId: "key", secretKey: "secret" };
  const tail = subscription === "plus" ? { withheldTailMs: MINUTE_MS } : {};
  const store = memoryStore();
  const backfill = createBackfill({
    source: alpacaStocks({ ...keys, ...tail, fetch: simulator.fetch as typeof fetch }),
    store,
    queue: memoryQueue({ clock }),
    limiter: { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} },
    clock,
  });
  const start = Date.UTC(2024, 0, 3, 14, 30);
  return {
    clock,
    run: (end?: number) =>
      clock.run(backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], start, ...(end === undefined ? {} : { end }) })),
    async held(symbol: string): Promise<Bar[]> {
      const series = { provider: "alpaca", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw" } as const;
      const bars: Bar[] = [];
      for await (const bar of store.read(series, { start, end: start * 2 })) bars.push(bar);
      return bars;
    },
    truth: (symbol: string, end: number) =>
      [...market.bars(symbol, "1Min", { start, end })].map(({ minutes: _, ...bar }) => bar),
  };
}

it.each([
  ["basic", Date.UTC(2024, 0, 3, 14, 44)],
  ["plus", Date.UTC(2024, 0, 3, 14, 59)],
] as const)(
  "%s: what is too recent is withheld, not covered and no error, and the next run fills it",
  async (plan, final) => {
    const { clock, run, held, truth } = recent(plan);
    const end = Date.UTC(2024, 0, 3, 15, 10);
    const first = await run(end);
    expect(first).toMatchObject({ complete: false, gaps: [], failed: [] });
    expect(first.withheld.map(({ interval }) => interval)).toEqual(SYMBOLS.map(() => ({ start: final, end })));
    expect(first.series.map(({ state }) => state)).toEqual(["withheld", "withheld"]);
    for (const symbol of SYMBOLS) expect(await held(symbol)).toEqual(truth(symbol, final));

    await clock.advance(30 * MINUTE_MS);
    const next = await run(end);
    // No bar that was held came again, and none had to be revised: nothing was taken while it formed.
    expect(next).toMatchObject({ complete: true, withheld: [], revised: 0, unchanged: 0, requests: 1 });
    for (const symbol of SYMBOLS) expect(await held(symbol)).toEqual(truth(symbol, end));
  },
);

it("without an end, every run fills what has become final since the last, each bar once", async () => {
  const { clock, run, held, truth } = recent("basic");
  for (let minute = 0; minute < 10; minute++) {
    const report = await run();
    expect(report).toMatchObject({ complete: true, revised: 0, unchanged: 0 });
    await clock.advance(7 * MINUTE_MS);
  }
  const final = Date.UTC(2024, 0, 3, 14, 44) + 9 * 7 * MINUTE_MS;
  for (const symbol of SYMBOLS) expect(await held(symbol)).toEqual(truth(symbol, final));
});
