import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { createBackfill } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import type { Timeframe } from "../../src/model/timeframe.ts";
import { csvMarket, type Market } from "../../src/testing/market/index.ts";
import { alpacaSimulator, type Knobs } from "../../src/testing/simulator/index.ts";
import { barsIn, symbolsOf } from "./real-bars.ts";

const FIRST = Date.UTC(1998, 0, 1);
const END = Date.UTC(2024, 0, 1);
const TIMEFRAMES: readonly Timeframe[] = ["1Min", "1Hour", "1Day"];

/** Bars by symbol and timeframe: `SPY 1Hour`. */
export type BarsByName = ReadonlyMap<string, readonly Bar[]>;

/** Files are read once a folder: they do not change, and reading them takes longer than many a backfill. */
const truths = new Map<string, BarsByName>();
const markets = new Map<string, Market>();

/** Every file of the folder, read by nothing that barfill reads it with. */
export function truthIn(folder: string): BarsByName {
  const truth = truths.get(folder) ?? readAll(folder);
  truths.set(folder, truth);
  return truth;
}

function readAll(folder: string): BarsByName {
  const names = TIMEFRAMES.flatMap((timeframe) =>
    symbolsOf(folder, timeframe).map((symbol) => ({ symbol, timeframe })),
  );
  return new Map(names.map(({ symbol, timeframe }) => [`${symbol} ${timeframe}`, barsIn(folder, timeframe, symbol)]));
}

/**
 * Backfills every file of the folder, from `start` on, over real HTTP, through the official SDK, and reads the store
 * back.
 */
export async function backfillReal(folder: string, knobs: Partial<Knobs>, start = FIRST) {
  const span = { start, end: END };
  const market = markets.get(folder) ?? csvMarket(folder);
  markets.set(folder, market);
  const simulator = alpacaSimulator({
    market,
    knobs,
    requestsPerMinute: 10_000_000,
    burst: 1_000_000,
  });
  const server = await simulator.serve();
  const store = memoryStore();
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl: server.url }),
    store,
    queue: memoryQueue(),
    requestsPerMinute: 1_000_000,
    concurrency: 8,
  });
  const walks = TIMEFRAMES.map((timeframe) => ({ symbols: symbolsOf(folder, timeframe), timeframe, ...span }));
  const report = await backfill.run(walks.map(({ timeframe, ...walk }) => ({ ...walk, timeframes: [timeframe] })));
  const stored = new Map<string, readonly Bar[]>();
  for (const { series } of report.series) {
    const bars: Bar[] = [];
    for await (const bar of store.read(series, span)) bars.push(bar);
    stored.set(`${series.symbol} ${series.timeframe}`, bars);
  }
  await server.close();
  return { report, stored, least: simulator.leastRequests(walks), stats: simulator.stats };
}
