import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { BarStore } from "../../src/contracts/bar-store.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import {
  type Backfill,
  type BackfillEvent,
  type BackfillOptions,
  createBackfill,
  type RateLimiter,
} from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { MINUTE_MS } from "../../src/model/units.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { type ScriptedSource, type ScriptedSourceOptions, scriptedSource } from "../../src/testing/scripted-source.ts";

export const START = Date.UTC(2024, 0, 2);
export const END = Date.UTC(2024, 0, 3);

/** `count` minute bars from {@link START}. */
export function minuteBars(count: number): Bar[] {
  return Array.from({ length: count }, (_, i) => {
    const price = 100 + i / 4;
    return {
      openTime: START + i * MINUTE_MS,
      open: price,
      high: price + 1,
      low: price - 1,
      close: price,
      volume: i + 1,
    };
  });
}

/** Lets everything through at once, and notes what it was told. */
export function openLimiter(clock: FakeClock): RateLimiter & { readonly holds: number[] } {
  const holds: number[] = [];
  return {
    holds,
    async schedule(request, options) {
      options?.signal?.throwIfAborted();
      const until = holds.at(-1) ?? 0;
      if (clock.now() < until) await clock.sleep(until - clock.now(), options?.signal);
      return request();
    },
    observe: () => {},
    holdUntil: (time) => void holds.push(time),
  };
}

export interface SmallBackfill {
  readonly backfill: Backfill;
  readonly source: ScriptedSource;
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly clock: FakeClock;
  readonly limiter: RateLimiter & { readonly holds: number[] };
  readonly events: BackfillEvent[];
  /** The types of all events so far. */
  types(): string[];
}

let workers = 0;

/** A backfill of a scripted source under simulated time. */
export function smallBackfill(
  sourceOptions: ScriptedSourceOptions,
  options: Partial<Omit<BackfillOptions, "source">> = {},
): SmallBackfill {
  const clock = (options.clock as FakeClock | undefined) ?? fakeClock({ now: Date.UTC(2024, 5, 3) });
  const source = scriptedSource(sourceOptions);
  const store = options.store ?? memoryStore();
  const queue = options.queue ?? memoryQueue({ clock });
  const limiter = openLimiter(clock);
  const events: BackfillEvent[] = [];
  workers++;
  const backfill = createBackfill({
    workerId: `worker-${workers}`,
    source,
    limiter,
    concurrency: 2,
    random: () => 0.5,
    observer: (event) => void events.push(event),
    ...options,
    clock,
    store,
    queue,
  });
  return { backfill, source, store, queue, clock, limiter, events, types: () => events.map((event) => event.type) };
}

/** A slice of such a source: a day of minute bars of symbol `A`, on one page, save for `parts`. */
export function sliceOf(parts: Partial<Omit<Slice, "id">> = {}): Slice {
  return makeSlice({
    provider: "scripted",
    symbols: ["A"],
    timeframe: "1Min",
    feed: "us",
    adjustment: "raw",
    interval: { start: START, end: END },
    priority: 0,
    estimate: { bars: 1, pages: 1 },
    ...parts,
  });
}

/** The bars of one symbol that `store` holds. */
export async function held(store: BarStore, symbol: string): Promise<Bar[]> {
  const series = { provider: "scripted", symbol, timeframe: "1Min", feed: "us", adjustment: "raw" } as const;
  const bars: Bar[] = [];
  for await (const bar of store.read(series, { start: START, end: END })) bars.push(bar);
  return bars;
}
