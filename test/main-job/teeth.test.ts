import { describe, expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { BarPage, BarSource } from "../../src/contracts/bar-source.ts";
import { createBackfill } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const SYMBOLS = ["AAPL", "MSFT", "SPY", "ZBH"];
// 14:30 to 20:00 UTC: both ends lie on a minute that trades.
const SPAN = { start: Date.UTC(2024, 0, 3, 14, 30), end: Date.UTC(2024, 0, 12, 20) };
const PAGE = 3000;
const market = syntheticMarket({ minuteShare: () => 1 });

type Plant = (source: BarSource) => BarSource;

/** What each check says that it found wrong; nothing where the main job is right. */
async function failuresOf(plant: Plant): Promise<string[]> {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const simulator = alpacaSimulator({
    market,
    clock,
    requestsPerMinute: 1_000_000,
    burst: 100_000,
    knobs: { shortPages: "half" },
  });
  const smallPages: typeof fetch = (input, init) =>
    simulator.fetch(String(input).replace("limit=10000", `limit=${PAGE}`), init);
  const store = memoryStore();
  const backfill = createBackfill({
    source: plant(alpacaStocks({ keyId: "key", secretKey: "secret", fetch: smallPages })),
    store,
    queue: memoryQueue({ clock }),
    limiter: { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} },
    clock,
    retry: { pageAttempts: 1, runAttempts: 1 },
  });
  const report = await clock.run(backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], ...SPAN }));

  const stored = new Map<string, readonly Bar[]>();
  for (const { series } of report.series) {
    const bars: Bar[] = [];
    for await (const bar of store.read(series, { start: 0, end: SPAN.end * 2 })) bars.push(bar);
    stored.set(series.symbol, bars);
  }
  const truth = new Map(
    SYMBOLS.map((symbol) => [symbol, [...market.bars(symbol, "1Min", SPAN)].map(({ minutes: _, ...bar }) => bar)]),
  );
  const isWhole = (symbol: string) => JSON.stringify(stored.get(symbol)) === JSON.stringify(truth.get(symbol));

  const checks: Record<string, boolean> = {
    "the first symbol is whole": isWhole("AAPL"),
    "the last symbol is whole": isWhole("ZBH"),
    "the last bar before the end is there": stored.get("SPY")?.at(-1)?.openTime === SPAN.end - 60_000,
    "no bar was refused": report.badBars.length === 0,
    complete: report.complete,
  };
  return Object.keys(checks).filter((name) => checks[name] === false);
}

/** `source` with another answer. */
const answering =
  (answer: (page: BarPage) => BarPage): Plant =>
  (source) => ({ ...source, fetchPage: async (request, options) => answer(await source.fetchPage(request, options)) });

/** `source` that asks something else and claims to have asked the right thing. */
const asking =
  (change: Parameters<BarSource["fetchPage"]>[0] extends infer R ? (request: R) => R : never): Plant =>
  (source) => ({
    ...source,
    async fetchPage(request, options) {
      const page = await source.fetchPage(change(request), options);
      return page.next === undefined ? { ...page, covered: wholeOf(source, request) } : page;
    },
  });

function wholeOf({ provider }: BarSource, request: Parameters<BarSource["fetchPage"]>[0]) {
  const { symbols, timeframe, feed, adjustment, interval } = request;
  return symbols.map((symbol) => ({ series: { provider, symbol, timeframe, feed, adjustment }, interval }));
}

describe("a planted fault is found by name", () => {
  it("none, where none is planted", async () => {
    expect(await failuresOf((source) => source)).toEqual([]);
  });

  it("page one taken for the whole answer", async () => {
    const pageOneOnly: Plant = (source) => ({
      ...source,
      async fetchPage(request, options) {
        const { bars } = await source.fetchPage(request, options);
        return { bars, covered: wholeOf(source, request) };
      },
    });
    expect(await failuresOf(pageOneOnly)).toEqual([
      "the first symbol is whole",
      "the last symbol is whole",
      "the last bar before the end is there",
    ]);
  });

  it("the last symbol dropped from the request", async () => {
    const plant = asking((request) => ({ ...request, symbols: request.symbols.slice(0, -1) }));
    expect(await failuresOf(plant)).toEqual(["the last symbol is whole"]);
  });

  it("the last symbol dropped from the answer, and not claimed", async () => {
    const isLast = ({ series }: { readonly series: { readonly symbol: string } }) => series.symbol === "ZBH";
    const plant = answering((page) => ({
      ...page,
      bars: page.bars.filter((part) => !isLast(part)),
      covered: page.covered.filter((span) => !isLast(span)),
    }));
    expect(await failuresOf(plant)).toEqual(["the last symbol is whole", "complete"]);
  });

  it("the end sent as if it were exclusive: a minute too early", async () => {
    const plant = asking((request) => ({
      ...request,
      interval: { ...request.interval, end: request.interval.end - 60_000 },
    }));
    expect(await failuresOf(plant)).toEqual([
      "the first symbol is whole",
      "the last symbol is whole",
      "the last bar before the end is there",
    ]);
  });

  it("the end sent as it is, where the service's is inclusive: a bar too many", async () => {
    const plant = asking((request) => ({
      ...request,
      interval: { ...request.interval, end: request.interval.end + 1 },
    }));
    // Kept out of the store, and told; what was asked for is whole all the same.
    expect(await failuresOf(plant)).toEqual(["no bar was refused"]);
  });

  it("a short page taken for the last", async () => {
    const plant: Plant = (source) => ({
      ...source,
      async fetchPage(request, options) {
        const page = await source.fetchPage(request, options);
        const count = page.bars.reduce((sum, part) => sum + part.bars.length, 0);
        return count < PAGE ? { bars: page.bars, covered: wholeOf(source, request) } : page;
      },
    });
    expect(await failuresOf(plant)).toEqual([
      "the first symbol is whole",
      "the last symbol is whole",
      "the last bar before the end is there",
    ]);
  });
});
