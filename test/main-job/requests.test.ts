import { marketData } from "@alpacahq/alpaca-trade-api/rest";
import { describe, expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill, fixedWindow, type Plan, type Planner, pageBudget } from "../../src/index.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { type BarCount, type Market, syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const simulator = alpacaSimulator({ market: countedOnce(syntheticMarket({ seed: 7 })) });
const names = (count: number) => Array.from({ length: count }, (_, i) => `N${(i + 1000).toString(36).toUpperCase()}`);

/** Some spans are asked for by several of those that are compared, and take a second to count. */
function countedOnce(market: Market): Market {
  const counts = new Map<string, BarCount>();
  return {
    ...market,
    count(symbol, timeframe, interval, grid) {
      const key = `${symbol} ${timeframe} ${interval.start} ${interval.end}`;
      const count = counts.get(key) ?? market.count(symbol, timeframe, interval, grid);
      counts.set(key, count);
      return count;
    },
  };
}

async function planWith(
  planner: Planner,
  symbols: readonly string[],
  timeframe: Timeframe,
  start: string,
  end: string,
): Promise<Plan> {
  const source = alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch });
  const backfill = createBackfill({ source, store: memoryStore(), queue: memoryQueue(), planner });
  return backfill.plan({ symbols, timeframes: [timeframe], start, end });
}

/** What the service would count if every slice were walked from its first page to its last. */
function requestsOf({ slices }: Plan): number {
  return slices.reduce(
    (sum, { symbols, timeframe, interval }) => sum + simulator.requestsFor({ symbols, timeframe, ...interval }),
    0,
  );
}

describe("requests under the service's accounting", () => {
  it.each([
    { symbols: 5000, timeframe: "1Day", start: "2019-01-01", end: "2024-01-01" },
    { symbols: 500, timeframe: "1Min", start: "2023-01-01", end: "2024-01-01" },
  ] as const)(
    "$symbols symbols of $timeframe cost within 5 % of the least possible",
    async ({ symbols, timeframe, start, end }) => {
      const all = names(symbols);
      const span = { symbols: all, timeframe, start: Date.parse(start), end: Date.parse(end) };
      const least = simulator.leastRequests(span);
      const budget = requestsOf(await planWith(pageBudget(), all, timeframe, start, end));
      const window = requestsOf(await planWith(fixedWindow(), all, timeframe, start, end));
      // The SDK's collector asks for all symbols at once, 1,000 bars a page because it sends no limit.
      const sdk = simulator.requestsFor({ ...span, limit: 1000 });
      console.log(
        `${symbols} x ${timeframe}: least ${least}, pageBudget ${budget}, fixedWindow ${window}, SDK collector ${sdk}`,
      );
      expect(budget).toBeLessThanOrEqual(least * 1.05);
      expect(budget).toBeGreaterThanOrEqual(least);
      expect(window).toBeGreaterThanOrEqual(least);
      expect(sdk).toBeGreaterThan(budget * 5);
    },
  );

  it("are what a real walk takes", async () => {
    const symbols = names(12);
    const span = {
      symbols,
      timeframe: "1Min",
      start: Date.parse("2024-01-02"),
      end: Date.parse("2024-01-20"),
    } as const;
    const api = new marketData.StockApi(
      new marketData.Configuration({
        basePath: "http://alpaca",
        keyId: "key",
        secret: "secret",
        fetchApi: simulator.fetch,
      }),
    );
    simulator.reset();
    let token: string | undefined;
    do {
      const answer = await api.stockBarsRaw({
        symbols: symbols.join(","),
        timeframe: "1Min",
        start: new Date(span.start),
        end: new Date(span.end - 1),
        limit: 10_000,
        ...(token === undefined ? {} : { pageToken: token }),
      });
      token = ((await answer.raw.json()) as { next_page_token: string | null }).next_page_token ?? undefined;
    } while (token !== undefined);
    expect(simulator.stats.pages).toBe(simulator.requestsFor(span));
    expect(simulator.stats.pages).toBe(simulator.leastRequests(span));
  });
});

describe("a plan of 10,000 symbols, ten years of minutes", () => {
  it("is made of one object a slice, and tiles what was asked", async () => {
    const plan = await planWith(pageBudget(), names(10_000), "1Min", "2016-01-01", "2026-01-01");
    expect(plan.slices.length).toBeLessThan(60_000);
    const asked = plan.slices.reduce(
      (sum, { symbols, interval }) => sum + symbols.length * (interval.end - interval.start),
      0,
    );
    expect(asked).toBe(10_000 * (Date.parse("2026-01-01") - Date.parse("2016-01-01")));
  });
});
