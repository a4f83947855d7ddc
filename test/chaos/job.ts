import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { migrate, type PostgresClient, postgresQueue, postgresStore } from "../../src/adapters/postgres/index.ts";
import type { BarStore } from "../../src/contracts/bar-store.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { type BackfillRequest, createBackfill, fixedWindow } from "../../src/index.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { type AlpacaSimulator, alpacaSimulator } from "../../src/testing/simulator/index.ts";

/** Twenty symbols, five a slice. Every minute has a trade, so that a page holds what the planner expects. */
const SYMBOLS = Array.from({ length: 20 }, (_, i) => `S${String(i).padStart(2, "0")}`);
const GROUPS = 4;
const DAY_MS = 86_400_000;
const market = syntheticMarket({ symbols: SYMBOLS, minuteShare: () => 1 });

/** Hours, which are charged in minutes: pages of a few hundred bars, seven or so a slice of ten days. */
function requestFor(slices: number): BackfillRequest & { readonly start: number; readonly end: number } {
  const start = Date.UTC(2019, 0, 1);
  return { symbols: SYMBOLS, timeframes: ["1Hour"], start, end: start + (slices / GROUPS) * DAYS * DAY_MS };
}
const DAYS = 10;

/** A backfill that waits in a queue, and what it must come to. */
export interface Job {
  readonly simulator: AlpacaSimulator;
  /** What it takes when nothing goes wrong: pages, and the bars on them. */
  undisturbed(): Promise<{ readonly pages: number; readonly bars: number }>;
  /** All runs are a success, and the store holds what the source has, bar for bar. */
  expectDone(client: PostgresClient, schema: string): Promise<void>;
}

/** Queues a backfill of `slices` slices, a multiple of four, in a schema that is made here. */
export async function queueJob(client: PostgresClient, schema: string, slices: number): Promise<Job> {
  const request = requestFor(slices);
  await migrate(client, { schema });
  const [store, queue] = [postgresStore({ client, schema }), postgresQueue({ client, schema })];
  const simulator = simulatorOf();
  const backfill = backfillOn(simulator, store, queue);
  expect(await backfill.enqueue(await backfill.plan(request))).toBe(slices);
  return {
    simulator,
    undisturbed: () => undisturbedRun(request, slices),
    async expectDone(client, schema) {
      const [store, queue] = [postgresStore({ client, schema }), postgresQueue({ client, schema })];
      const counts = await queue.counts();
      expect(counts).toMatchObject([{ state: "success", runs: slices }]);
      let bars = 0;
      for (const symbol of SYMBOLS) {
        const series = { provider: "alpaca", symbol, timeframe: "1Hour", feed: "sip", adjustment: "raw" } as const;
        const held = [];
        for await (const bar of store.read(series, request)) held.push(bar);
        const source = sourceBars(symbol, request);
        // A thousand times as fast as `toEqual`, which is left to say what differs.
        if (!isDeepStrictEqual(held, source)) expect(held, symbol).toEqual(source);
        bars += held.length;
      }
      // What was written and never told of is in no count, and nothing is in it twice.
      expect(counts[0]?.bars).toBeLessThanOrEqual(bars);
    },
  };
}

async function undisturbedRun(request: ReturnType<typeof requestFor>, slices: number) {
  const simulator = simulatorOf();
  const backfill = backfillOn(simulator, memoryStore(), memoryQueue());
  const report = await backfill.run(request);
  expect(report).toMatchObject({ complete: true, runs: { success: slices } });
  return { pages: simulator.stats.pages, bars: simulator.stats.bars };
}

const simulatorOf = () => alpacaSimulator({ market, requestsPerMinute: 10_000_000, burst: 1_000_000 });

function backfillOn(simulator: AlpacaSimulator, store: BarStore, queue: SliceQueue) {
  return createBackfill({
    source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
    store,
    queue,
    planner: fixedWindow({ symbols: SYMBOLS.length / GROUPS, days: DAYS }),
    requestsPerMinute: 1_000_000,
  });
}

function sourceBars(symbol: string, { start, end }: { readonly start: number; readonly end: number }) {
  return [...market.bars(symbol, "1Hour", { start, end })].map(({ minutes: _, ...bar }) => bar);
}
