import { beforeAll, describe, expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { csvMarket, syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator, KNOBS, type Knobs } from "../../src/testing/simulator/index.ts";
import { barsIn, realBarsFolder, symbolsOf } from "../support/real-bars.ts";

const folder = realBarsFolder();
const START = "1998-01-01";
const SPAN = { start: Date.parse(START), end: Date.parse("2024-01-01") };

/** Every file of the folder, by timeframe. */
const TIMEFRAMES: readonly Timeframe[] = ["1Min", "1Hour", "1Day"];

/** The settings other than the default, one at a time. */
const OTHER_SETTINGS = Object.entries(KNOBS).flatMap(([knob, settings]) =>
  settings.slice(1).map((setting) => ({ knob, setting, knobs: { [knob]: setting } as Partial<Knobs> })),
);

describe.skipIf(folder === undefined)("real bars over HTTP through the official SDK", () => {
  // The body of a skipped suite is run too.
  const market = folder === undefined ? syntheticMarket() : csvMarket(folder);
  const truth = new Map<string, Bar[]>();
  beforeAll(() => {
    for (const timeframe of TIMEFRAMES) {
      for (const symbol of symbolsOf(folder as string, timeframe)) {
        truth.set(`${symbol} ${timeframe}`, barsIn(folder as string, timeframe, symbol));
      }
    }
  });
  async function backfillAll(knobs: Partial<Knobs>) {
    const simulator = alpacaSimulator({ market, knobs, requestsPerMinute: 10_000_000, burst: 1_000_000 });
    const server = await simulator.serve();
    const store = memoryStore();
    const backfill = createBackfill({
      source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl: server.url }),
      store,
      queue: memoryQueue(),
      requestsPerMinute: 1_000_000,
      concurrency: 8,
    });
    const requests = TIMEFRAMES.map((timeframe) => ({
      symbols: symbolsOf(folder as string, timeframe),
      timeframes: [timeframe],
      ...SPAN,
    }));
    const report = await backfill.run(requests);
    const least = simulator.leastRequests(
      requests.map((r) => ({ ...SPAN, symbols: r.symbols, timeframe: r.timeframes[0] as Timeframe })),
    );
    const stored = new Map<string, Bar[]>();
    for (const { series } of report.series) {
      const bars: Bar[] = [];
      for await (const bar of store.read(series, SPAN)) bars.push(bar);
      stored.set(`${series.symbol} ${series.timeframe}`, bars);
    }
    await server.close();
    return { report, stored, least, stats: simulator.stats };
  }

  it("read back equal to the files, bar for bar, within 5 % of the least requests", async () => {
    const { report, stored, least, stats } = await backfillAll({});
    expect(report).toMatchObject({ complete: true, gaps: [], failed: [], badBars: [], empty: [] });
    expect(stored).toEqual(truth);
    const hourly = [...truth].filter(([key]) => key.endsWith("1Hour")).reduce((sum, [, bars]) => sum + bars.length, 0);
    expect(hourly).toBe(163_294);
    expect(stats).toMatchObject({ requests: report.requests, rejected: 0, overdrawn: 0 });
    expect(report.requests).toBeLessThan(least * 1.05);
  });

  it("hold the split of Apple, whose first minute straddles it", () => {
    expect(truth.get("AAPL 1Min")).toContainEqual(expect.objectContaining({ open: 645.57, low: 92.23 }));
  });

  it.each(OTHER_SETTINGS)("read back equal with $knob: $setting", async ({ knobs }) => {
    const { report, stored } = await backfillAll(knobs);
    // Where history begins in 2016, what lies before is answered, and empty.
    const from = knobs.history === "by-feed" ? Date.UTC(2016, 0, 1) : 0;
    const expected = new Map([...truth].map(([key, bars]) => [key, bars.filter((bar) => bar.openTime >= from)]));
    expect(report).toMatchObject({ complete: true, gaps: [], failed: [], badBars: [] });
    for (const [key, bars] of expected) expect(stored.get(key), key).toEqual(bars);
  });
});
