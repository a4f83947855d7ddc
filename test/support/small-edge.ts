import { tickerExpected } from "../../src/adapters/alpaca/ticker.ts";
import { memoryQuarantine, memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import {
  type EdgeFunction,
  type EdgeParts,
  fetchBars,
  fetchBarsBatch,
  type OrchestratorOptions,
  orchestrator,
} from "../../src/edge/index.ts";
import type { BackfillEvent, BackfillOptions, Bar, BarStore, JobDefinition } from "../../src/index.ts";
import { HOUR_MS } from "../../src/model/units.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { type ScriptedSourceOptions, scriptedSource } from "../../src/testing/scripted-source.ts";
import { minuteBars, openLimiter, START } from "./small-backfill.ts";

// What the functions load at their first request: loading takes real time, while the simulated time goes on.
import "../../src/edge/fetch-act.ts";
import "../../src/edge/health.ts";
import "../../src/edge/orchestrate.ts";
import "../../src/edge/wire.ts";

export const KEY = "service-role-key-of-this-test";
const BATCH_URL = "https://project.test/functions/v1/fetch-bars-batch";

/** A day of hours of these symbols, and the one before it: no further bar is final for an hour after {@link NOW}. */
export function jobOf(label: string, symbols: readonly string[], parts: Partial<JobDefinition> = {}): JobDefinition {
  return { label, symbols, timeframe: "1Hour", windowDays: 1, priority: 0, enabled: true, ...parts };
}

/** Just after the day of {@link START}: all of its bars are final. */
export const NOW = START + 86_400_000;

/** `count` hours from {@link START}. */
export function hourBars(count: number): Bar[] {
  return minuteBars(count).map((bar, i) => ({ ...bar, openTime: START + i * HOUR_MS }));
}

/** The hours of one symbol that `store` holds. */
export async function heldHours(store: BarStore, symbol: string): Promise<Bar[]> {
  const series = { provider: "scripted", symbol, timeframe: "1Hour", feed: "us", adjustment: "raw" } as const;
  const bars: Bar[] = [];
  for await (const bar of store.read(series, { start: START, end: NOW })) bars.push(bar);
  return bars;
}

export function symbolsNamed(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${prefix}${i + 1}`);
}

export interface SmallEdgeOptions extends Partial<Omit<ScriptedSourceOptions, "bars">> {
  /** As a list, or as the orchestrator asks for them. */
  readonly jobs?: readonly JobDefinition[] | (() => Promise<readonly JobDefinition[]>);
  readonly bars?: ScriptedSourceOptions["bars"];
  /** How the orchestrator reaches the batch function; absent: runs are worked in its own process. */
  readonly dispatch?: (batch: EdgeFunction, request: Request) => Promise<Response>;
  readonly options?: Partial<OrchestratorOptions>;
  readonly backfill?: Partial<BackfillOptions>;
  readonly queue?: (clock: FakeClock) => SliceQueue;
  readonly runsByRowId?: EdgeParts["runsByRowId"];
}

let processes = 0;

let state = 1;
/** Tokens must differ: Lehmer's generator, the same numbers every time. */
const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;

/** The three functions on one store and one queue under simulated time; every function is a process of its own. */
export function smallEdge({
  jobs = [],
  bars,
  dispatch,
  options,
  backfill,
  queue: queueOn = (clock) => memoryQueue({ clock }),
  runsByRowId,
  ...scripted
}: SmallEdgeOptions = {}) {
  const clock = fakeClock({ now: NOW });
  const symbols = typeof jobs === "function" ? [] : jobs.flatMap((job) => job.symbols);
  const plain = scriptedSource({
    bars: bars ?? Object.fromEntries(symbols.map((symbol) => [symbol, hourBars(5)])),
    // Pages are small, but plans believe that a job fits into one: a slice a job.
    limits: { pageSize: 1_000_000 },
    ...scripted,
  });
  // Symbols as Alpaca spells them: the functions must refuse a label.
  const source = { ...plain, symbolExpected: tickerExpected };
  const parts = { store: memoryStore(), queue: queueOn(clock), quarantine: memoryQuarantine() };
  const events: BackfillEvent[] = [];
  const limiter = openLimiter(clock);
  const wired = (name: string) => ({
    env: { SERVICE_KEY: KEY },
    needs: ["SERVICE_KEY"] as const,
    keys: ["SERVICE_KEY"],
    connect: (): EdgeParts => ({
      backfill: {
        source,
        ...parts,
        limiter,
        clock,
        random,
        workerId: `${name}-${++processes}`,
        observer: (event) => void events.push(event),
        ...backfill,
      },
      jobs: async () => (typeof jobs === "function" ? jobs() : jobs),
      ...(runsByRowId === undefined ? {} : { runsByRowId }),
      ...(dispatch === undefined || name !== "orchestrator"
        ? {}
        : { batch: { url: BATCH_URL, key: KEY, fetch: send } }),
    }),
    ...options,
  });
  const functions = {
    orchestrator: () => orchestrator(wired("orchestrator")),
    batch: () => fetchBarsBatch(wired("batch")),
    single: () => fetchBars(wired("single")),
  };
  const send: typeof fetch = async (input, init) => {
    if (dispatch === undefined) throw new Error("nothing to dispatch to");
    return dispatch(functions.batch(), new Request(input as string, init));
  };
  const one = functions.orchestrator();
  return {
    clock,
    source,
    ...parts,
    events,
    functions,
    /** The events of one type, in order. */
    eventsOf: <T extends BackfillEvent["type"]>(type: T) =>
      events.filter((event): event is BackfillEvent<T> => event.type === type),
    /** Calls the orchestrator and reads its answer, under simulated time. */
    act: async (action: string, called: EdgeFunction = one) =>
      answered(await clock.run(called(ask(`https://project.test/functions/v1/orchestrator?action=${action}`)))),
    post: async (called: EdgeFunction, body: unknown) =>
      answered(await clock.run(called(ask(BATCH_URL, body === undefined ? undefined : JSON.stringify(body))))),
  };
}

export type SmallEdge = ReturnType<typeof smallEdge>;

/** An allowed request. */
export function ask(url: string, body?: string): Request {
  const headers = { authorization: `Bearer ${KEY}` };
  return new Request(url, body === undefined ? { headers } : { method: "POST", headers, body });
}

export async function answered(response: Response) {
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
  return { status: response.status, body: (await response.json()) as any };
}
