import { expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill, pageBudget } from "../../src/index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

/** Symbols that trade every minute, and some that trade about four times a day. */
const THICK = 2;
const THIN = 160;
const names = (letter: string, count: number) => Array.from({ length: count }, (_, i) => `${letter}${i + 100}`);

test.each([
  // 110 requests when all that was ever seen counted alike.
  { first: "thick", mix: [...names("A", THICK), ...names("N", THIN)], isThick: (symbol: string) => symbol < "B" },
  { first: "thin", mix: [...names("N", THIN), ...names("T", THICK)], isThick: (symbol: string) => symbol > "S" },
])(
  "thick and thin symbols, the $first ones first, cost a few requests more than the least possible",
  async ({ mix, isThick }) => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const market = syntheticMarket({ minuteShare: (symbol) => (isThick(symbol) ? 1 : 0.01) });
    const simulator = alpacaSimulator({ market, clock, requestsPerMinute: 1_000_000 });
    const backfill = createBackfill({
      source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
      ...{ store: memoryStore(), queue: memoryQueue({ clock }), clock },
      ...{ planner: pageBudget({ pages: 8 }), requestsPerMinute: 10_000, concurrency: 4 },
    });
    const request = { symbols: mix, timeframes: ["1Min"], start: Date.UTC(2022, 0), end: Date.UTC(2023, 0) } as const;
    const least = simulator.leastRequests({ ...request, timeframe: "1Min" });
    const report = await clock.run(backfill.run(request));
    console.log(`${report.requests} requests, ${least} at least`);
    expect(report).toMatchObject({ complete: true, failed: [] });
    // So many go by before the mean has moved, however much there is.
    expect(report.requests).toBeLessThanOrEqual(least + 20);
  },
);
