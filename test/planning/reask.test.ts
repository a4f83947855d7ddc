import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { SourceRejectedError, SourceUnavailableError } from "../../src/errors.ts";
import type { BackfillRequest, Plan } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { alwaysOpen, nyseCalendar } from "../../src/model/session.ts";
import { finalBefore, floorToNewYork } from "../../src/model/timeframe.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import { notYetAsked, trailingWindow } from "../../src/planning/reask.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import type { ScriptedSourceOptions } from "../../src/testing/scripted-source.ts";
import { held, minuteBars, START, sliceOf, smallBackfill } from "../support/small-backfill.ts";

const NYSE = nyseCalendar();

/** 15 bars of one day, asked for on the day after it: the window of that day is `[START, START + 1 day)`. */
const plain: BackfillRequest = { symbols: ["A", "B"], timeframes: ["1Min"], start: START };
const request: BackfillRequest = { ...plain, reask: { days: 2 } };

/** A source whose bars can be revised; pages of three. */
function revisable(
  options: Partial<ScriptedSourceOptions> = {},
  {
    clock = fakeClock({ now: START + DAY_MS + 15 * HOUR_MS }),
    ...parts
  }: { clock?: FakeClock; queue?: SliceQueue } = {},
) {
  const bars: Record<"A" | "B", Bar[]> = { A: minuteBars(5), B: minuteBars(10) };
  const small = smallBackfill({ bars, pageSize: 3, limits: { pageSize: 1_000_000 }, ...options }, { clock, ...parts });
  return {
    ...small,
    bars,
    run: () => clock.run(small.backfill.run(request)),
    /** The first `count` bars of `symbol` get another volume. */
    revise(symbol: "A" | "B", count: number) {
      bars[symbol] = bars[symbol].map((bar, i) => (i < count ? { ...bar, volume: bar.volume + 1000 } : bar));
    },
  };
}

describe("a trailing window", () => {
  it("is asked for again once a period, though it is covered, and what changed is counted as revised", async () => {
    const { run, revise, clock, source, store, bars } = revisable();
    expect(await run()).toMatchObject({ complete: true, inserted: 15, revised: 0 });
    revise("A", 2);
    revise("B", 1);

    await clock.advance(HOUR_MS);
    expect(await run()).toMatchObject({ complete: true, inserted: 0, revised: 0, unchanged: 0 });

    await clock.advance(DAY_MS);
    const asked = source.calls.length;
    expect(await run()).toMatchObject({ complete: true, inserted: 0, revised: 3, unchanged: 12 });
    expect(await held(store, "A")).toEqual(bars.A);
    expect(await held(store, "B")).toEqual(bars.B);
    const windows = source.calls.slice(asked).map((call) => call.request.interval);
    expect(windows).toContainEqual({ start: START, end: START + 2 * DAY_MS });
  });

  it("is fetched once where nothing of it is covered yet", async () => {
    const { run, source } = revisable();
    expect(await run()).toMatchObject({ complete: true, bars: 15, requests: 6 });
    // Five pages for the window, and one for the part of the day that is after it.
    expect(source.calls.filter((call) => call.request.interval.start === START)).toHaveLength(5);
  });

  it("is asked for once a period by ticks too, however many", async () => {
    const { backfill, clock, source } = revisable();
    const job = {
      label: "US_BATCH_1",
      symbols: ["A", "B"],
      timeframe: "1Min",
      windowDays: 3,
      priority: 0,
      enabled: true,
      reask: { days: 2, everyHours: 12 },
    } as const;
    for (let tick = 0; tick < 48; tick++) {
      await backfill.tick([job]);
      await backfill.tick([job]);
      await clock.run(backfill.work());
      await clock.advance(30 * MINUTE_MS);
    }
    // From 15:00 to 15:00: the period that is over at the first tick, and the two that end at midnight and at noon.
    const windows = source.calls.filter(
      ({ request: { interval }, cursor }) => !cursor && interval.start < START + DAY_MS && interval.end > START,
    );
    expect(windows.map((call) => call.request.interval.end - START)).toEqual(
      [1.5, 2, 2.5].map((days) => days * DAY_MS),
    );
  });

  it("that is interrupted starts again, and leaves nothing of it out", async () => {
    let failing = { from: 0, to: 0 };
    const { run, revise, clock, source, store, bars } = revisable({
      script: ({ call }) => (call >= failing.from && call < failing.to ? new SourceUnavailableError("503") : undefined),
    });
    await run();
    revise("A", 5);
    revise("B", 10);
    await clock.advance(DAY_MS);
    // Long enough for the run to go back to the queue, with part of the window done.
    failing = { from: source.calls.length + 4, to: source.calls.length + 9 };
    expect(await run()).toMatchObject({ complete: true, failed: [] });
    expect(await held(store, "A")).toEqual(bars.A);
    expect(await held(store, "B")).toEqual(bars.B);
  });

  it("that is larger than the time of a worker is asked bit by bit, and ends", async () => {
    const { run, backfill, queue, revise, clock, source, store, bars } = revisable({
      script: async () => {
        await clock.sleep(20_000);
        return undefined;
      },
    });
    await run();
    revise("A", 5);
    revise("B", 10);
    await clock.advance(DAY_MS);
    await backfill.enqueue(await backfill.plan({ ...request, end: START + 2 * DAY_MS }));
    const asked = source.calls.length;
    // Time for two of its pages, and for a third that is cut off: of five.
    const endings: string[] = [];
    for (let worker = 0; worker < 4; worker++) {
      const { runs } = await clock.run(backfill.work({ deadline: clock.now() + 50_000 }));
      endings.push(...runs.map(({ ending }) => ending));
    }
    expect(endings).toEqual(expect.arrayContaining(["returned", "success"]));
    expect(await queue.counts({ states: ["queued", "running", "failed", "cancelled"] })).toEqual([]);
    expect(source.calls.length - asked).toBeLessThanOrEqual(9);
    expect(await held(store, "A")).toEqual(bars.A);
    expect(await held(store, "B")).toEqual(bars.B);
    expect((await backfill.plan({ ...request, end: START + 2 * DAY_MS })).slices).toEqual([]);
  });

  it("that is cancelled while it is stopped leaves nothing in the queue", async () => {
    const stop = new AbortController();
    const { run, backfill, queue, clock, source } = revisable({
      async script({ call }) {
        if (call !== last) return undefined;
        await queue.cancel({});
        stop.abort();
        return undefined;
      },
    });
    let last = 0;
    await run();
    await clock.advance(DAY_MS);
    await backfill.enqueue(await backfill.plan({ ...request, end: START + 2 * DAY_MS }));
    last = source.calls.length + 3;
    await clock.run(backfill.work({ signal: stop.signal }));
    expect(source.calls).toHaveLength(last);
    expect(await queue.open({})).toEqual([]);
  });

  it("that is cancelled in the moment in which its rest is queued leaves nothing in the queue either", async () => {
    const clock = fakeClock({ now: START + DAY_MS + 15 * HOUR_MS });
    const stop = new AbortController();
    const inner = memoryQueue({ clock });
    const queue: SliceQueue = {
      ...inner,
      async enqueue(slices) {
        if (stop.signal.aborted) await inner.cancel({});
        return inner.enqueue(slices);
      },
    };
    const { run, backfill, source } = revisable(
      { script: ({ call }) => void (call === last && stop.abort()) },
      { clock, queue },
    );
    let last = 0;
    await run();
    await clock.advance(DAY_MS);
    await backfill.enqueue(await backfill.plan({ ...request, end: START + 2 * DAY_MS }));
    last = source.calls.length + 3;
    const { runs } = await clock.run(backfill.work({ signal: stop.signal }));
    expect(runs.map(({ ending }) => ending)).toEqual(["lost"]);
    expect(await queue.open({})).toEqual([]);
  });

  it("goes on from what this attempt settled when the source refuses a cursor", async () => {
    let refused: readonly number[] = [];
    const { run, revise, clock, source, store, bars } = revisable({
      script: ({ call }) => (refused.includes(call) ? new SourceRejectedError("400: invalid page_token") : undefined),
    });
    await run();
    revise("B", 10);
    await clock.advance(DAY_MS);
    const asked = source.calls.length;
    refused = [asked + 4];
    expect(await run()).toMatchObject({ complete: true, failed: [], revised: 10 });
    expect(await held(store, "B")).toEqual(bars.B);
    expect(source.calls[asked + 4]?.request.symbols).toEqual(["B"]);
  });

  it("whose run failed is planned again, until it is done", async () => {
    let isDown = false;
    const { run, revise, clock } = revisable({ script: () => (isDown ? new SourceRejectedError("400") : undefined) });
    await run();
    revise("A", 1);
    await clock.advance(DAY_MS);
    isDown = true;
    expect((await run()).failed).not.toEqual([]);
    isDown = false;
    expect(await run()).toMatchObject({ complete: true, revised: 1 });
    expect(await run()).toMatchObject({ complete: true, requests: 0 });
  });

  it("of another day is another slice, and none is the ordinary one", async () => {
    const { backfill, clock } = revisable();
    const plans: Plan[] = [await backfill.plan(plain), await backfill.plan(request)];
    await clock.advance(DAY_MS);
    plans.push(await backfill.plan(request));
    const ids = plans.flatMap(({ slices }) => slices.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(plans.map(({ slices }) => slices.filter(({ again }) => again !== undefined).length)).toEqual([0, 1, 1]);
  });

  test("ends with the last whole period, and holds two bars at least", () => {
    const at = Date.UTC(2024, 5, 12, 15, 30);
    const days = (first: number, last: number) => ({ start: Date.UTC(2024, 5, first), end: Date.UTC(2024, 5, last) });
    expect(trailingWindow("1Min", at, { days: 2, everyHours: 24 }, NYSE)).toEqual(days(10, 12));
    expect(trailingWindow("1Min", at, { days: 1, everyHours: 6 }, NYSE).end).toBe(Date.UTC(2024, 5, 12, 12));
    expect(trailingWindow("1Week", at, { days: 1, everyHours: 24 }, NYSE)).toEqual({
      start: days(-2, 12).start - 2 * HOUR_MS,
      end: days(-2, 12).end,
    });
  });

  test.each([1, 5, 24, 168])(
    "of one day holds the last bars that are final, asked for every %d hours",
    (everyHours) => {
      // Noon of every day of a year, weekends and holidays included, on which some months end.
      for (let noon = Date.UTC(2024, 0, 1, 17); noon < Date.UTC(2025, 0, 1); noon += DAY_MS) {
        for (const timeframe of ["1Day", "1Week", "1Month"] as const) {
          const reask = { days: 1, everyHours };
          const { start, end } = trailingWindow(timeframe, finalBefore(timeframe, noon, "new-york"), reask, NYSE);
          const opens = new Set(
            NYSE.sessions({ start: start - 100 * DAY_MS, end })
              .map(({ midnight }) => floorToNewYork(timeframe, midnight))
              .filter((open) => open < end),
          );
          const held = [...opens].filter((open) => open >= start).length;
          expect(held, `${timeframe} at ${new Date(noon).toISOString()}`).toBeGreaterThanOrEqual(
            timeframe === "1Day" ? 1 : 2,
          );
        }
      }
    },
  );

  test("of a market that never closes reaches no further than it was told to", () => {
    const at = Date.UTC(2024, 5, 12, 13);
    const { start, end } = trailingWindow("1Hour", at, { days: 1, everyHours: 12 }, alwaysOpen());
    expect(end - start).toBe(DAY_MS);
  });
});

describe("which slices were not asked for again yet", () => {
  const ids = fc.uniqueArray(fc.nat({ max: 63 }), { maxLength: 64 });
  const slices = Array.from({ length: 64 }, (_, i) =>
    sliceOf({ interval: { start: START + i * DAY_MS, end: START + (i + 1) * DAY_MS } }),
  );
  const once = <T>(call: () => Promise<T>) => call();

  /** A queue of which `done` succeeded, and how often it was asked. */
  function counting(done: readonly number[]) {
    const success = new Set(done.map((i) => slices[i]?.id));
    const seen = { calls: 0 };
    const counts: SliceQueue["counts"] = async ({ ids = [] } = {}) => {
      seen.calls++;
      const runs = ids.filter((id) => success.has(id)).length;
      return runs === 0 ? [] : [{ state: "success", runs, bars: 0 }];
    };
    return { queue: { ...memoryQueue(), counts }, seen };
  }

  it("is told exactly, in their order, whichever are done", async () => {
    await fc.assert(
      fc.asyncProperty(ids, ids, async (done, open) => {
        const { queue, seen } = counting(done);
        const openIds = new Set(open.map((i) => slices[i]?.id ?? ""));
        const missing = await notYetAsked(slices, openIds, queue, once);
        expect(missing).toEqual(slices.filter(({ id }, i) => !done.includes(i) && !openIds.has(id)));
        expect(seen.calls).toBeLessThanOrEqual(64);
      }),
    );
  });

  it.each([
    ["all", slices.map((_, i) => i), 1],
    ["none", [], 1],
    ["the first half", slices.map((_, i) => i).slice(0, 32), 2],
    ["all but one", slices.map((_, i) => i).filter((i) => i !== 37), 7],
  ])("costs few questions where %s are done", async (_, done, calls) => {
    const { queue, seen } = counting(done);
    await notYetAsked(slices, new Set(), queue, once);
    expect(seen.calls).toBe(calls);
  });
});
