import { describe, expect, it } from "vitest";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { StoreError } from "../../src/errors.ts";
import { type BackfillRequest, fixedWindow, pageBudget } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { alwaysOpen } from "../../src/model/session.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { INITIAL_COST_MODEL } from "../../src/planners/cost-model.ts";
import { cutAnew } from "../../src/planning/cut-anew.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { slowQueue } from "../support/slow-queue.ts";
import { type SmallBackfill, sliceOf, smallBackfill } from "../support/small-backfill.ts";

const FROM = Date.UTC(2024, 0, 1);
const DAYS = 100;
const SYMBOLS = Array.from({ length: 40 }, (_, i) => `S${String(i).padStart(2, "0")}`);
const request: BackfillRequest = { symbols: SYMBOLS, timeframes: ["1Min"], start: FROM, end: FROM + DAYS * DAY_MS };

const BAR = { open: 1, high: 1, low: 1, close: 1, volume: 1 };

/** `perDay` bars a day of every symbol, where the model expects 1,440. */
function thinBars(perDay: number): Record<string, Bar[]> {
  const bars = Array.from({ length: DAYS * perDay }, (_, i) => {
    const openTime = FROM + Math.floor(i / perDay) * DAY_MS + (i % perDay) * 60_000;
    return { ...BAR, openTime };
  });
  return Object.fromEntries(SYMBOLS.map((symbol) => [symbol, bars]));
}

const PAGE = 10_000;
type Parts = NonNullable<Parameters<typeof smallBackfill>[1]>;
const thin = (parts: Parts = {}, perDay = 1): SmallBackfill =>
  smallBackfill({ bars: thinBars(perDay), pageSize: PAGE, limits: { pageSize: PAGE } }, parts);

/** A queue of which no certain slices can be had. */
const stubborn = (queue: SliceQueue): SliceQueue => ({
  ...queue,
  lease: async (options) => (options.ids === undefined ? queue.lease(options) : []),
});

/** How often the days of the symbols were asked for; fails when one was not. */
function timesAsked({ source }: Pick<SmallBackfill, "source">, symbols: readonly string[] = SYMBOLS): Set<number> {
  const asked = new Map<string, number>();
  for (const { request: one, cursor } of source.calls) {
    if (cursor !== undefined) continue;
    for (const symbol of one.symbols) {
      for (let day = one.interval.start; day < one.interval.end; day += DAY_MS) {
        asked.set(`${symbol} ${day}`, (asked.get(`${symbol} ${day}`) ?? 0) + 1);
      }
    }
  }
  expect(asked.size).toBe(symbols.length * DAYS);
  return new Set(asked.values());
}

describe("slices that were cut by a wrong guess", () => {
  it("are left alone by who works certain runs, and all of those are worked", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const { backfill, events } = thin({ clock, concurrency: 1 });
    const plan = await backfill.plan(request);
    await backfill.enqueue(plan);
    const ids = plan.slices.map(({ id }) => id);
    const { runs, ended } = await clock.run(backfill.work({ ids, wait: false }));
    expect({ ended, worked: runs.map(({ slice }) => slice.id).sort() }).toEqual({
      ended: "drained",
      worked: ids.sort(),
    });
    expect(events.filter(({ type }) => type === "resliced")).toEqual([]);
  });

  it("are cut anew while they wait, and cost a fraction of the requests", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const before = thin({ clock, queue: stubborn(memoryQueue({ clock })) });
    const asPlanned = await clock.run(before.backfill.run(request));
    const { backfill, events, source } = thin({ clock });
    const report = await clock.run(backfill.run(request));
    expect(asPlanned).toMatchObject({ complete: true, bars: 4000, requests: 20 });
    expect(report).toMatchObject({ complete: true, bars: 4000, failed: [] });
    console.log(`${report.requests} requests, ${asPlanned.requests} without cutting anew`);
    expect(report.requests).toBeLessThanOrEqual(4);
    expect(timesAsked({ source })).toEqual(new Set([1]));
    expect(events.filter(({ type }) => type === "resliced")).toEqual([
      expect.objectContaining({ before: expect.any(Number), after: 1 }),
    ]);
  });

  it("that cost more than was thought become smaller, and nothing is asked for twice", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const symbols = SYMBOLS.slice(0, 12);
    const hourly = Array.from({ length: DAYS * 24 }, (_, i) => ({ ...BAR, openTime: FROM + i * 3_600_000 }));
    // A page is believed to hold 10,000 bars, and holds 100.
    const source = { bars: Object.fromEntries(symbols.map((symbol) => [symbol, hourly])), pageSize: 100 };
    const parts = { clock, planner: pageBudget({ pages: 1 }) };
    const small = smallBackfill({ ...source, limits: { pageSize: PAGE } }, parts);
    const hours = { ...request, symbols, timeframes: ["1Hour"] } as const;
    const [first] = (await small.backfill.plan(hours)).slices;
    expect(first?.symbols).toHaveLength(4);
    expect(await clock.run(small.backfill.run(hours))).toMatchObject({ complete: true, bars: 28_800, failed: [] });
    expect(timesAsked(small, symbols)).toEqual(new Set([1]));
    const [resliced] = small.events.filter(({ type }) => type === "resliced");
    expect(resliced).toMatchObject({ before: 1, after: expect.any(Number) });
    expect(resliced?.type === "resliced" && resliced.after).toBeGreaterThan(50);
  });

  it("are left alone where the guess was good", async () => {
    const { backfill, clock, events } = thin({}, 700);
    const report = await clock.run(backfill.run({ ...request, symbols: SYMBOLS.slice(0, 3) }));
    expect(report).toMatchObject({ complete: true, bars: 210_000 });
    expect(events.map(({ type }) => type)).not.toContain("resliced");
  });

  it("are left alone by a worker whose own planner would cut them into dearer ones", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const shared = { clock, store: memoryStore(), queue: memoryQueue({ clock }) };
    const planned = thin(shared);
    const plan = await planned.backfill.plan(request);
    await planned.backfill.enqueue(plan);
    const worker = thin({ ...shared, planner: fixedWindow({ symbols: 1, days: 1 }) });
    expect(await clock.run(worker.backfill.work())).toMatchObject({ ended: "drained" });
    expect(await planned.backfill.report(request)).toMatchObject({ complete: true, gaps: [] });
    expect(timesAsked(worker)).toEqual(new Set([1]));
    // 3,602 when they were cut into windows.
    expect(worker.source.calls).toHaveLength(plan.slices.length);
    expect(worker.events.filter(({ type }) => type === "resliced")).toEqual([]);
  });

  it("are cut by a worker whose own planner makes cheaper ones", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const shared = { clock, store: memoryStore(), queue: memoryQueue({ clock }) };
    const planned = thin({ ...shared, planner: fixedWindow({ symbols: 10, days: 10 }) });
    await planned.backfill.enqueue(await planned.backfill.plan(request));
    const worker = thin(shared);
    await clock.run(worker.backfill.work());
    expect(timesAsked(worker)).toEqual(new Set([1]));
    expect(worker.source.calls.length).toBeLessThan(10);
  });

  it("keep their label and their priority", async () => {
    const queue = memoryQueue();
    const { backfill, clock } = thin({ queue });
    await clock.run(
      backfill.run([
        { ...request, symbols: SYMBOLS.slice(0, 20), label: "US_BATCH_1", priority: 3 },
        { ...request, symbols: SYMBOLS.slice(20), label: "US_BATCH_2" },
      ]),
    );
    const counts = (await backfill.status()).filter(({ state }) => state === "success");
    expect(counts.map(({ label, bars }) => [label, bars])).toEqual([
      ["US_BATCH_1", 2000],
      ["US_BATCH_2", 2000],
    ]);
  });

  it("are cut anew by one of several workers that notice at once, without a gap and without a doubled request", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const store = memoryStore();
    const memory = memoryQueue({ clock });
    const slow = slowQueue(memory, clock);
    const workers = Array.from({ length: 5 }, () => thin({ clock, store, queue: slow }));
    const [first] = workers as [SmallBackfill, ...SmallBackfill[]];
    await clock.run(first.backfill.enqueue(await clock.run(first.backfill.plan(request))));
    await clock.run(Promise.all(workers.map(({ backfill }) => backfill.work())));
    const calls = workers.flatMap(({ source }) => source.calls);
    expect(await clock.run(first.backfill.report(request))).toMatchObject({ complete: true });
    expect(timesAsked({ source: { ...first.source, calls } })).toEqual(new Set([1]));
    expect(calls.length).toBeLessThan(20);
  });

  it("are cut anew all the same when the queue fails, or its answers are lost", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const memory = memoryQueue({ clock });
    const lost = new StoreError("08006", { disposition: "retry" });
    let claims = 0;
    let enqueues = 0;
    let looks = 0;
    const queue: SliceQueue = {
      ...memory,
      async open(filter) {
        // After the plan, which has looked too.
        if (enqueues > 0 && ++looks < 6) throw lost;
        return memory.open(filter);
      },
      async lease(options) {
        const leases = await memory.lease(options);
        if (options.ids !== undefined && ++claims % 2 === 1) throw lost;
        return leases;
      },
      async enqueue(slices) {
        // After the plan's: longer than one go is patient.
        if (++enqueues > 1 && enqueues < 8) throw lost;
        return memory.enqueue(slices);
      },
    };
    const { backfill, source, events } = thin({ clock, queue });
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, failed: [] });
    expect(timesAsked({ source })).toEqual(new Set([1]));
    expect(events.filter(({ type }) => type === "resliced")).toHaveLength(1);
    expect(source.calls.length).toBeLessThan(20);
  });

  it("come back by themselves when the worker that holds them dies", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const memory = memoryQueue({ clock });
    const gone = () => Promise.reject(new Error("the worker is killed here"));
    let enqueues = 0;
    const queue: SliceQueue = {
      ...memory,
      enqueue: (slices) => (++enqueues === 2 ? gone() : memory.enqueue(slices)),
      retry: (lease, options) => (enqueues === 2 ? gone() : memory.retry(lease, options)),
    };
    const store = memoryStore();
    const killed = thin({ clock, queue, store });
    const report = await clock.run(killed.backfill.run(request));
    expect(report.complete).toBe(false);
    expect(report.halted).toBeDefined();
    const next = thin({ clock, queue: memory, store });
    expect((await clock.run(next.backfill.plan(request))).slices).toEqual([]);
    await clock.run(next.backfill.work());
    expect(await clock.run(next.backfill.report(request))).toMatchObject({ complete: true, gaps: [] });
  });

  it("stay as they are where another slice will fetch a part of them: who queued that may be about to withdraw it", async () => {
    const { source, store, queue } = thin();
    const slice = (symbols: readonly string[], fromDay: number, toDay: number) =>
      sliceOf({ symbols, interval: { start: FROM + fromDay * DAY_MS, end: FROM + toDay * DAY_MS } });
    const shared = slice(["S00", "S01"], 0, 2);
    const alone = [slice(["S02"], 0, 1), slice(["S02"], 1, 2)];
    // Cut out of the first one by somebody whose hold has run out, for another stretch of time than ours would be.
    const theirs = slice(["S01"], 1, 3);
    await queue.enqueue([shared, ...alone, theirs]);
    const parts = { source, store, queue, planner: pageBudget(), calendar: alwaysOpen() };
    const healed = <T>(call: () => Promise<T>) => call();
    const cut = await cutAnew([shared, ...alone], true, INITIAL_COST_MODEL, { ...parts, healed });
    expect(cut.map(({ symbols, interval }) => ({ symbols, interval }))).toEqual([
      { symbols: ["S00", "S01"], interval: shared.interval },
      { symbols: ["S02"], interval: { start: FROM, end: FROM + 2 * DAY_MS } },
    ]);
    expect(cut[0]?.id).toBe(shared.id);
  });

  it("stay cancelled when somebody cancels everything while they are cut anew", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const memory = memoryQueue({ clock });
    let enqueues = 0;
    const queue: SliceQueue = {
      ...memory,
      async enqueue(slices) {
        if (++enqueues === 2) await memory.cancel({});
        return memory.enqueue(slices);
      },
    };
    const { backfill, source } = thin({ clock, queue, concurrency: 1 });
    const report = await clock.run(backfill.run(request));
    expect(report.complete).toBe(false);
    expect(await queue.open({})).toEqual([]);
    const asked = source.calls.length;
    await clock.run(backfill.work());
    expect(source.calls).toHaveLength(asked);
  });
});
