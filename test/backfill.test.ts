import { describe, expect, it } from "vitest";
import { memoryQuarantine, memoryQueue, memoryStore } from "../src/adapters/memory/index.ts";
import type { RateLimiter } from "../src/contracts/rate-limiter.ts";
import {
  LeaseLostError,
  RateLimitedError,
  SourceAccessError,
  type SourceDataError,
  SourceRejectedError,
  SourceUnavailableError,
  StoreError,
  SymbolRejectedError,
} from "../src/errors.ts";
import { type Backfill, type BackfillRequest, createBackfill, fixedWindow, makeSlice } from "../src/index.ts";
import type { Bar } from "../src/model/bar.ts";
import { DAY_MS } from "../src/model/units.ts";
import { fakeClock } from "../src/testing/fake-clock.ts";
import type { ScriptedSourceOptions } from "../src/testing/scripted-source.ts";
import { END, held, minuteBars, START, smallBackfill } from "./support/small-backfill.ts";

const BARS = { A: minuteBars(5), B: minuteBars(10), C: minuteBars(1) };
const request: BackfillRequest = { symbols: ["A", "B", "C", "VIX"], timeframes: ["1Min"], start: START, end: END };
/** All four symbols in one slice: 16 bars, 6 pages. */
const oneSlice = { pageSize: 3, limits: { pageSize: 1_000_000 } } satisfies Partial<ScriptedSourceOptions>;

describe("a backfill that nothing disturbs", () => {
  it("follows every page, holds every bar, and names the symbol without data", async () => {
    const { backfill, store, source, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const report = await clock.run(backfill.run(request));
    expect(report).toMatchObject({ complete: true, requests: 6, bars: 16, inserted: 16, gaps: [], failed: [] });
    expect(report.empty.map((series) => series.symbol)).toEqual(["VIX"]);
    expect(report.series.map(({ state }) => state)).toEqual(["covered", "covered", "covered", "covered"]);
    for (const symbol of ["A", "B", "C"] as const) expect(await held(store, symbol)).toEqual(BARS[symbol]);
    expect(source.calls).toHaveLength(6);
  });

  it("calls no series empty that has bars in another of the spans that are wanted", async () => {
    const { backfill, clock } = smallBackfill({ bars: { A: minuteBars(5) } });
    const ask = (start: number, end: number) => ({ symbols: ["A"], timeframes: ["1Min" as const], start, end });
    await clock.run(backfill.run(ask(START, END)));
    const report = await clock.run(backfill.run([ask(START, END), ask(END, END + 3_600_000)]));
    expect(report).toMatchObject({ complete: true, requests: 1, empty: [] });
  });

  it("asks for nothing the second time", async () => {
    const { backfill, source, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    await clock.run(backfill.run(request));
    const again = await clock.run(backfill.run(request));
    // VIX was empty the first time, and is not asked for again.
    expect(again).toMatchObject({ complete: true, requests: 0, bars: 0, empty: [] });
    expect(source.calls).toHaveLength(6);
  });

  it("reports on what is held without asking the source", async () => {
    const { backfill, source, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const before = await clock.run(backfill.report(request));
    expect(before.complete).toBe(false);
    expect(before.series.map(({ state }) => state)).toEqual(["missing", "missing", "missing", "missing"]);
    await clock.run(backfill.run(request));
    expect(await clock.run(backfill.report(request))).toMatchObject({ complete: true, gaps: [] });
    expect(source.calls).toHaveLength(6);
  });

  it("takes a plan as plan() made it, and nothing that was put together of one", async () => {
    const { backfill, clock, types } = smallBackfill({ bars: BARS, ...oneSlice });
    const plan = await clock.run(backfill.plan(request));
    const issues = [{ path: "plan", expected: "what plan() returned, as it is", received: "an object" }];
    for (const forged of [{ ...plan, slices: [...plan.slices, ...plan.slices] }, structuredClone({ ...plan })]) {
      await expect(clock.run(backfill.enqueue(forged as never))).rejects.toMatchObject({ issues });
      await expect(clock.run(backfill.report(forged as never))).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    }
    await expect(backfill.enqueue(null as never)).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
    expect(types()).toEqual([]);
    expect(() => Object.assign(plan, { slices: [] })).toThrow(TypeError);
    expect(await clock.run(backfill.enqueue(plan))).toBe(1);
  });

  it("takes no start a day ahead without an end: it would want nothing, and be called complete", async () => {
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const start = clock.now() + DAY_MS + 1;
    const later = { symbols: ["A"], timeframes: ["1Min"], start } as const;
    const issue = {
      path: "start",
      expected: `an instant before now, ${new Date(clock.now()).toISOString()}, or an end too`,
      received: JSON.stringify(new Date(start).toISOString()),
    };
    for (const ask of [backfill.plan, backfill.run, backfill.report]) {
      await expect(clock.run<unknown>(ask(later))).rejects.toMatchObject({ code: "OPTIONS_INVALID", issues: [issue] });
    }
    const several = clock.run(backfill.plan([request, later]));
    await expect(several).rejects.toMatchObject({ issues: [{ ...issue, path: "[1].start" }] });
    const withEnd = await clock.run(backfill.report({ ...later, end: start + 60_000 }));
    expect(withEnd).toMatchObject({ complete: false, withheld: [{ interval: { start } }] });
    expect(await clock.run(backfill.report({ ...later, start: start - 1 }))).toMatchObject({ complete: true });
  });

  it("takes several requests as one, with their labels apart", async () => {
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const report = await clock.run(
      backfill.run([
        { ...request, symbols: ["A", "B"], label: "ONE" },
        { ...request, symbols: ["C", "VIX"], label: "TWO" },
      ]),
    );
    expect(report.batches).toEqual([
      expect.objectContaining({ label: "ONE", symbols: 2, bars: 15 }),
      expect.objectContaining({ label: "TWO", symbols: 2, bars: 1 }),
    ]);
    expect(await backfill.status()).toEqual([
      { label: "ONE", state: "success", runs: 1, bars: 15 },
      { label: "TWO", state: "success", runs: 1, bars: 1 },
    ]);
  });

  it("is not disturbed by an observer that throws", async () => {
    const { backfill, clock } = smallBackfill(
      { bars: BARS, ...oneSlice },
      {
        observer: () => {
          throw new Error("the observer is broken");
        },
      },
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 16 });
  });

  it("is not disturbed by an async observer that rejects: no rejection is left to end the process", async () => {
    const unheard: unknown[] = [];
    const note = (reason: unknown) => void unheard.push(reason);
    // The last listener that is left decides; the runner's own would fail the file.
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    const observer = async () => Promise.reject(new Error("the observer is broken"));
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice }, { observer });
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 16 });
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    for (const other of others) process.on("unhandledRejection", other);
    expect(unheard).toEqual([]);
  });

  it("does not call the forming bar covered", async () => {
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const report = await clock.run(
      backfill.run({ ...request, start: clock.now() - 3_600_000, end: clock.now() + 3_600_000 }),
    );
    expect(report.complete).toBe(false);
    expect(report.gaps).toEqual([]);
    expect(report.withheld[0]?.interval).toEqual({ start: clock.now(), end: clock.now() + 3_600_000 });
    expect(report.series[0]?.state).toBe("withheld");
  });
});

describe("an error of the source", () => {
  const failing = (error: Error, onCalls: (call: number) => boolean) =>
    smallBackfill({ bars: BARS, ...oneSlice, script: ({ call }) => (onCalls(call) ? error : undefined) });

  it("that may heal is tried again in place, with the same cursor", async () => {
    const { backfill, source, clock, types } = failing(
      new SourceUnavailableError("503"),
      (call) => call === 3 || call === 4,
    );
    const report = await clock.run(backfill.run(request));
    expect(report).toMatchObject({ complete: true, bars: 16, requests: 8 });
    expect(source.calls.map((call) => call.cursor)).toEqual([undefined, "3", "6", "6", "6", "9", "12", "15"]);
    expect(types().filter((type) => type === "retrying")).toHaveLength(2);
  });

  it("that lasts puts the run back, and it goes on from what is covered", async () => {
    const { backfill, source, clock, events } = failing(
      new SourceUnavailableError("503"),
      (call) => call >= 3 && call <= 6,
    );
    const report = await clock.run(backfill.run(request));
    expect(report).toMatchObject({ complete: true, bars: 16, runs: { success: 1, failed: 0 } });
    // B was settled up to its first bar, A whole: neither is asked for again.
    expect(source.calls[6]?.request).toMatchObject({ symbols: ["B"], interval: { start: START + 60_000 } });
    expect(source.calls.slice(6).flatMap((call) => call.request.symbols)).not.toContain("A");
    const tries = events.flatMap((e) => (e.type === "retrying" ? [`${e.what} ${e.attempt}/${e.attempts}`] : []));
    expect(tries).toEqual(["page 1/4", "page 2/4", "page 3/4", "run 1/5"]);
  });

  it("that never ends fails the run, and the report tells exactly what is missing", async () => {
    const { backfill, store, clock } = failing(new SourceUnavailableError("503"), (call) => call >= 3);
    const report = await clock.run(backfill.run(request));
    expect(report.complete).toBe(false);
    expect(report.failed).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: "SOURCE_UNAVAILABLE" }) }),
    ]);
    expect(report.gaps.map((gap) => [gap.series.symbol, gap.intervals])).toEqual([
      ["B", [{ start: START + 60_000, end: END }]],
      ["C", [{ start: START, end: END }]],
      ["VIX", [{ start: START, end: END }]],
    ]);
    expect(report.series.map(({ state }) => state)).toEqual(["covered", "failed", "failed", "failed"]);
    expect(await held(store, "A")).toEqual(BARS.A);
    expect(await clock.run(backfill.retryFailed())).toBe(1);
  });

  it("that asks for patience holds everybody and costs no attempt", async () => {
    const { backfill, limiter, clock, types } = failing(
      new RateLimitedError("429", { retryAfterMs: 7000 }),
      (call) => call <= 20,
    );
    const started = clock.now();
    const report = await clock.run(backfill.run(request));
    expect(report).toMatchObject({ complete: true, runs: { success: 1, failed: 0 } });
    expect(limiter.holds).toHaveLength(20);
    expect(limiter.holds[0]).toBe(started + 7000);
    expect(types()).not.toContain("retrying");
  });

  it("that asks for patience without saying how long waits longer each time", async () => {
    const { backfill, limiter, clock } = failing(new RateLimitedError("429"), (call) => call <= 4);
    await clock.run(backfill.run(request));
    const waits = limiter.holds.map((until, i) => until - (limiter.holds[i - 1] ?? Date.UTC(2024, 5, 3)));
    expect(waits).toEqual([750, 1500, 3000, 6000]);
  });

  it("that can never be answered fails the run at once", async () => {
    const { backfill, source, clock } = failing(new SourceRejectedError("400: invalid timeframe"), () => true);
    const report = await clock.run(backfill.run(request));
    expect(report.failed[0]?.error.code).toBe("SOURCE_REJECTED");
    expect(source.calls).toHaveLength(1);
  });

  it("that refuses a cursor starts again from what is covered", async () => {
    const { backfill, source, clock } = smallBackfill({
      bars: BARS,
      ...oneSlice,
      script: ({ call }) => (call === 3 ? new SourceRejectedError("400: invalid page_token") : undefined),
    });
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 16 });
    expect(source.calls[3]).toMatchObject({ request: { symbols: ["B"] } });
    expect(source.calls[3]?.cursor).toBeUndefined();
  });

  it("that would fail everywhere stops everything, with every run put back unspent", async () => {
    const { backfill, queue, clock, types } = smallBackfill({
      bars: BARS,
      script: () => new SourceAccessError("403", { hint: "Check the key" }),
    });
    const report = await clock.run(backfill.run(request));
    expect(report.halted).toEqual({ code: "SOURCE_ACCESS", message: "403. Check the key" });
    expect(report).toMatchObject({ complete: false, failed: [] });
    expect(report.gaps).toHaveLength(4);
    expect((await backfill.status()).map(({ state }) => state)).toEqual(["queued"]);
    expect(types().filter((type) => type === "halted")).toHaveLength(1);
    const [lease] = await queue.lease({ workerId: "w", token: "t", limit: 1, ttlMs: 1000 });
    expect(lease?.attempt).toBe(1);
  });

  it("that is not ours fails the run and says so", async () => {
    const { backfill, clock } = failing(new TypeError("x is not a function"), () => true);
    const report = await clock.run(backfill.run(request));
    expect(report.failed[0]?.error).toEqual({ code: "UNEXPECTED", message: "TypeError: x is not a function" });
  });
});

describe("a refused symbol", () => {
  const many = Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`S${i}`, minuteBars(1)]));
  const symbols = Object.keys(many);
  const isBad = (symbol: string) => Number(symbol.slice(1)) % 12 === 7;
  const bad = symbols.filter(isBad);
  const all: BackfillRequest = { ...request, symbols };

  it("that is named costs one request", async () => {
    const { backfill, clock, source } = smallBackfill({
      bars: many,
      pageSize: 1000,
      limits: { pageSize: 1_000_000 },
      script: ({ request: { symbols: asked } }) => {
        const symbol = asked.find(isBad);
        return symbol === undefined ? undefined : new SymbolRejectedError(`invalid symbol: ${symbol}`, { symbol });
      },
    });
    const report = await clock.run(backfill.run(all));
    expect(source.calls).toHaveLength(bad.length + 1);
    expect(report.quarantined.map(({ symbol }) => symbol)).toEqual([...bad].sort());
    expect(report.series.filter(({ state }) => state === "covered")).toHaveLength(symbols.length - bad.length);
    expect(report).toMatchObject({ complete: false, bars: symbols.length - bad.length, failed: [] });
    expect(report.gaps).toHaveLength(bad.length);
  });

  it("that nobody names is found by halving, and fails no good one", async () => {
    const { backfill, clock, source } = smallBackfill({
      bars: many,
      pageSize: 1000,
      limits: { pageSize: 1_000_000 },
      script: ({ request: { symbols: asked } }) =>
        asked.includes("S99") ? new SymbolRejectedError("invalid symbol") : undefined,
    });
    const report = await clock.run(backfill.run(all));
    expect(report.quarantined.map(({ symbol }) => symbol)).toEqual(["S99"]);
    expect(report.bars).toBe(499);
    // Two requests a round, and log2(500) is just under 9.
    expect(source.calls.length).toBeLessThanOrEqual(1 + 2 * 9);
  });

  it("that is named, in many slices at a time, costs only what was asked before the answer came", async () => {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const answerMs = 434;
    const spacingMs = 300;
    let freeAt = 0;
    const limiter: RateLimiter = {
      async schedule(send) {
        const turn = Math.max(clock.now(), freeAt);
        freeAt = turn + spacingMs;
        await clock.sleep(turn - clock.now());
        return send();
      },
      observe: () => {},
      holdUntil: () => {},
    };
    const { backfill, source } = smallBackfill(
      {
        bars: { A: minuteBars(40), B: [], C: minuteBars(40) },
        limits: { pageSize: 1_000_000 },
        pageSize: 1000,
        async script({ request: { symbols: asked } }) {
          await clock.sleep(answerMs);
          if (!asked.includes("B")) return undefined;
          return new SymbolRejectedError("invalid symbol", { symbol: "B" });
        },
      },
      { clock, limiter, concurrency: 16, planner: fixedWindow({ days: 1 / 48 }) },
    );
    const report = await clock.run(backfill.run({ ...request, symbols: ["A", "B", "C"] }));
    expect(report).toMatchObject({ bars: 80, failed: [], quarantined: [{ symbol: "B" }] });
    const refused = source.calls.filter(({ request: { symbols: asked } }) => asked.includes("B"));
    const most = Math.ceil(answerMs / spacingMs);
    expect(refused.length).toBeLessThanOrEqual(most);
    expect(source.calls.length).toBeLessThanOrEqual(48 + most);
  });

  it("is left out of the next plan until it is lifted", async () => {
    const { backfill, clock, source } = smallBackfill({
      bars: BARS,
      ...oneSlice,
      script: ({ call }) => (call === 1 ? new SymbolRejectedError("invalid symbol: B", { symbol: "B" }) : undefined),
    });
    await clock.run(backfill.run(request));
    const plan = await backfill.plan(request);
    expect(plan.slices).toEqual([]);
    expect(plan.quarantined.map(({ symbol }) => symbol)).toEqual(["B"]);
    await backfill.quarantine.lift("scripted", ["B"]);
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 10 });
    expect(source.calls.at(-1)?.request.symbols).toEqual(["B"]);
  });
});

describe("a quarantine that ends", () => {
  it("is listed with its reason and its end, and the symbol is asked for again by itself", async () => {
    const quarantine = memoryQuarantine();
    const script = ({ call }: { readonly call: number }) =>
      call === 1 ? new SymbolRejectedError("invalid symbol: B", { symbol: "B" }) : undefined;
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice, script }, { quarantine, quarantineDays: 3 });
    const since = clock.now();
    const refused = { symbol: "B", reason: "invalid symbol: B", since, until: since + 3 * DAY_MS };
    expect((await clock.run(backfill.run(request))).quarantined).toEqual([refused]);
    expect(await backfill.quarantine.list("scripted")).toEqual([{ provider: "scripted", ...refused }]);

    await clock.advance(3 * DAY_MS - 1);
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: false, requests: 0 });
    await clock.advance(1);
    expect(await backfill.quarantine.list("scripted")).toEqual([]);
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 10, quarantined: [] });
  });

  it("begins anew when the symbol is refused again", async () => {
    const script = ({ request: { symbols } }: { readonly request: { readonly symbols: readonly string[] } }) =>
      symbols.includes("B") ? new SymbolRejectedError("invalid symbol: B", { symbol: "B" }) : undefined;
    const { backfill, clock } = smallBackfill({ bars: BARS, ...oneSlice, script });
    await clock.run(backfill.run(request));
    await clock.advance(7 * DAY_MS);
    const since = clock.now();
    const again = await clock.run(backfill.run(request));
    expect(again.quarantined).toEqual([expect.objectContaining({ symbol: "B", since, until: since + 7 * DAY_MS })]);
    expect(again.requests).toBe(1);
  });
});

describe("bad data", () => {
  it("is kept out and reported, its span is not covered, and everything else is", async () => {
    const bars = { ...BARS, B: BARS.B.map((bar, i) => (i === 4 ? { ...bar, high: bar.low - 1 } : bar)) };
    const { backfill, store, clock } = smallBackfill({ bars, ...oneSlice });
    const report = await clock.run(backfill.run(request));
    expect(report.complete).toBe(false);
    expect(report.badBars).toEqual([expect.objectContaining({ openTime: BARS.B[4]?.openTime })]);
    expect(report.gaps).toEqual([
      expect.objectContaining({ intervals: [{ start: BARS.B[4]?.openTime, end: BARS.B[5]?.openTime }] }),
    ]);
    expect(report.failed[0]?.error.code).toBe("SOURCE_DATA_INVALID");
    expect(await held(store, "B")).toEqual(BARS.B.filter((_, i) => i !== 4));
    expect(await held(store, "C")).toEqual(BARS.C);
  });

  it.each([
    ["a time of half a millisecond", (bar: Bar) => ({ ...bar, openTime: bar.openTime + 0.5 })],
    ["half a trade", (bar: Bar) => ({ ...bar, tradeCount: 1.5 })],
  ])("that no store can hold, of %s, costs itself alone: nothing is halted", async (_, spoil) => {
    const bars = { ...BARS, B: BARS.B.map((bar, i) => (i === 4 ? spoil(bar) : bar)) };
    const { backfill, store, clock } = smallBackfill({ bars, ...oneSlice });
    const report = await clock.run(backfill.run(request));
    expect(report.badBars.map(({ issues }) => issues)).toEqual([[expect.stringContaining("is no whole")]]);
    expect(report.halted).toBeUndefined();
    expect(report.failed[0]?.error.code).toBe("SOURCE_DATA_INVALID");
    expect(await held(store, "B")).toEqual(BARS.B.filter((_, i) => i !== 4));
    expect(await held(store, "C")).toEqual(BARS.C);
  });

  it("without end is counted, and of each run the first ten are kept", async () => {
    const bars = { A: minuteBars(1000).map((bar) => ({ ...bar, high: bar.low - 1 })), B: BARS.B };
    const { backfill, store, clock, queue } = smallBackfill({ bars, ...oneSlice, pageSize: 50 });
    await clock.run(backfill.plan({ ...request, symbols: ["A", "B"] }).then(backfill.enqueue));
    const { runs } = await clock.run(backfill.work());
    const errors = runs.map(({ error }) => error as SourceDataError | undefined);
    expect(runs.map(({ tally }) => [tally.badBars, tally.bad.length])).toEqual([[1000, 10]]);
    expect(errors.map((error) => error?.bars.length)).toEqual([10]);
    expect(errors[0]?.message).toContain("1000 bad bars");
    expect(await held(store, "B")).toEqual(BARS.B);
    expect((await queue.counts({})).map(({ state }) => state)).toEqual(["failed"]);
  });

  it("of a source that settles less than it was asked is never called complete", async () => {
    const { backfill, clock } = smallBackfill({
      bars: BARS,
      ...oneSlice,
      script: (_, honest) => {
        const page = honest();
        return { ...page, covered: page.covered.filter(({ series }) => series.symbol !== "VIX") };
      },
    });
    const report = await clock.run(backfill.run(request));
    expect(report.complete).toBe(false);
    expect(report.gaps.map((gap) => gap.series.symbol)).toEqual(["VIX"]);
    expect(report.failed[0]?.error.message).toMatch(/without settling VIX/);
  });

  it("of a source that goes round in circles ends", async () => {
    const { backfill, clock } = smallBackfill({
      bars: BARS,
      ...oneSlice,
      script: ({ cursor = "0" }) => ({ bars: [], covered: [], next: `${Number(cursor) + 1}` }),
    });
    const report = await clock.run(backfill.run(request));
    expect(report.failed[0]?.error.message).toMatch(/round in circles/);
  });
});

describe("runs of a queue that two sources share", () => {
  async function shared() {
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const queue = memoryQueue({ clock });
    const { backfill, source } = smallBackfill({ bars: BARS, ...oneSlice }, { clock, queue });
    const parts = { queue, store: memoryStore(), clock };
    const other = createBackfill({ ...parts, source: { ...source, provider: "another" } });
    for (const one of [backfill, other]) await one.enqueue(await one.plan({ ...request, label: "US" }));
    return { backfill, other, queue };
  }
  const states = async (one: Pick<Backfill, "status">) => (await one.status()).map(({ state, runs }) => [state, runs]);

  it("are counted, cancelled and put back by the backfill of their own", async () => {
    const { backfill, other, queue } = await shared();
    expect(await states(backfill)).toEqual([["queued", 1]]);
    expect(await backfill.cancel({ label: "US" })).toBe(1);
    expect([await states(backfill), await states(other)]).toEqual([[["cancelled", 1]], [["queued", 1]]]);
    const [lease] = await queue.lease({ workerId: "w", token: "t", limit: 1, ttlMs: 1000 });
    await queue.fail(lease as NonNullable<typeof lease>, { code: "X", message: "x" });
    expect(await backfill.retryFailed()).toBe(0);
    expect(await other.retryFailed({ provider: "another" })).toBe(1);
    expect(await other.cancel({})).toBe(1);
  });

  it.each([
    [undefined, "(options)", "a filter of runs; {} means all of this source"],
    [{ lable: "US" }, "lable", "one of ids, label, timeframe, provider, states"],
    [{ label: undefined }, "label", expect.stringContaining("a label of")],
    [{ ids: undefined, label: "US" }, "ids", "a list of ids of slices"],
    [{ timeframe: "m15" }, "timeframe", expect.stringContaining("one of 1Min ")],
    [{ provider: "another" }, "provider", "the backfill's own, scripted"],
    [{ states: ["done"] }, "states[0]", expect.stringContaining("queued, running")],
  ])("are touched by no filter that is none: %j", async (filter, path, expected) => {
    const { backfill, other } = await shared();
    const refused = { code: "OPTIONS_INVALID", issues: [expect.objectContaining({ path, expected })] };
    await expect(backfill.cancel(filter as never)).rejects.toMatchObject(refused);
    if (filter !== undefined) await expect(backfill.retryFailed(filter as never)).rejects.toMatchObject(refused);
    expect([await states(backfill), await states(other)]).toEqual([[["queued", 1]], [["queued", 1]]]);
  });
});

describe("stopping", () => {
  it("hands runs back unspent, keeps what was committed, and rejects with the reason", async () => {
    const stop = new AbortController();
    const { backfill, queue, source, store, clock, types } = smallBackfill({
      bars: BARS,
      ...oneSlice,
      script: ({ call }) => void (call === 4 && stop.abort(new Error("enough for today"))),
    });
    await expect(clock.run(backfill.run(request, { signal: stop.signal }))).rejects.toThrow("enough for today");
    expect(types().at(-1)).toBe("returned");
    expect(await held(store, "A")).toEqual(BARS.A);
    const [lease] = await queue.lease({ workerId: "w", token: "t", limit: 1, ttlMs: 1000 });
    expect(lease?.attempt).toBe(1);
    await queue.retry(lease as NonNullable<typeof lease>, { notBefore: 0, attemptSpent: false });

    const asked = source.calls.length;
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 7 });
    // Nine bars were committed; the tenth page onwards is all that is asked for again.
    expect(source.calls.length - asked).toBeLessThanOrEqual(4);
  });

  it("before the start does nothing at all", async () => {
    const { backfill, source } = smallBackfill({ bars: BARS });
    await expect(backfill.run(request, { signal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(source.calls).toEqual([]);
    expect(await backfill.status()).toEqual([]);
  });

  it.each([
    ["it plans", "coverage", () => true],
    ["it lists the queue", "open", () => true],
    ["it enqueues", "enqueue", () => true],
    ["it reports", "coverage", (types: readonly string[]) => types.includes("completed")],
    ["it looks for the series without bars", "read", () => true],
    ["it asks for the list of assets", "assets", () => true],
  ])("while %s is heeded, though nothing ever answers", async (_, method, isTime) => {
    const stop = new AbortController();
    const hanging = <T extends object>(parts: T): T =>
      new Proxy(parts, {
        get(target, name) {
          const own: unknown = Reflect.get(target, name);
          if (name !== method || typeof own !== "function") return own;
          return (...args: unknown[]) => {
            if (!isTime(types())) return Reflect.apply(own, target, args);
            queueMicrotask(() => stop.abort("enough"));
            const never = new Promise<never>(() => {});
            return method === "read"
              ? (async function* () {
                  yield await never;
                })()
              : never;
          };
        },
      });
    const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
    const { assets } = hanging({ assets: async () => [] });
    const { backfill, types } = smallBackfill(
      { bars: BARS, ...oneSlice },
      { clock, assets, store: hanging(memoryStore()), queue: hanging(memoryQueue({ clock })) },
    );
    await expect(clock.run(backfill.run(request, { signal: stop.signal }))).rejects.toBe("enough");
    expect(types()).not.toContain("assets-failing");
  });

  it("comes by itself at the deadline", async () => {
    const { backfill, clock } = smallBackfill({
      bars: BARS,
      script: () => new RateLimitedError("429", { retryAfterMs: 60_000 }),
    });
    await backfill.enqueue(await backfill.plan(request));
    const summary = await clock.run(backfill.work({ deadline: clock.now() + 300_000 }));
    expect(summary.ended).toBe("stopped");
    expect(summary.runs.every(({ ending }) => ending === "returned")).toBe(true);
    expect((await backfill.status()).map(({ state }) => state)).toEqual(["queued"]);
  });

  it("leases nothing where the deadline has come already", async () => {
    const { backfill, clock, source, types } = smallBackfill({ bars: BARS });
    await backfill.enqueue(await backfill.plan(request));
    expect(await clock.run(backfill.work({ deadline: clock.now() }))).toEqual({ runs: [], ended: "stopped" });
    expect(source.calls).toEqual([]);
    expect(types()).toEqual(["enqueued"]);
  });

  it("comes after so many runs, which are finished", async () => {
    const { backfill, clock } = smallBackfill({ bars: BARS });
    const plan = await backfill.plan(request);
    expect(plan.slices.length).toBeGreaterThan(3);
    await backfill.enqueue(plan);
    const summary = await clock.run(backfill.work({ maxRuns: 3 }));
    expect(summary).toMatchObject({ ended: "enough" });
    expect(summary.runs.map(({ ending }) => ending)).toEqual(["success", "success", "success"]);
  });
});

describe("leases", () => {
  it("are renewed while the work goes on", async () => {
    const { backfill, clock, queue } = smallBackfill(
      {
        bars: BARS,
        ...oneSlice,
        // Each page takes most of a lease.
        script: async () => void (await clock.sleep(50_000)),
      },
      { leaseMs: 60_000 },
    );
    const done = backfill.run(request);
    await clock.advance(200_000);
    expect(await queue.lease({ workerId: "thief", token: "t", limit: 9, ttlMs: 1000 })).toEqual([]);
    expect(await clock.run(done)).toMatchObject({ complete: true, runs: { success: 1, lost: 0 } });
  });

  it("that are lost end the work on the slice within one heartbeat", async () => {
    const { backfill, clock, queue, source } = smallBackfill(
      { bars: BARS, ...oneSlice, script: async () => void (await clock.sleep(1000)) },
      { leaseMs: 3000 },
    );
    const done = backfill.run(request);
    await clock.advance(1500);
    expect(await queue.cancel({})).toBe(1);
    await clock.advance(1000);
    const asked = source.calls.length;
    const report = await clock.run(done);
    expect(report.runs).toMatchObject({ success: 0, lost: 1 });
    expect(report.complete).toBe(false);
    expect(source.calls.length).toBe(asked);
  });

  it("whose completion is refused count as lost, not as done", async () => {
    const queue = memoryQueue();
    const { backfill, clock } = smallBackfill(
      { bars: BARS, ...oneSlice },
      { queue: { ...queue, complete: async (lease) => Promise.reject(new LeaseLostError(lease.slice.id)) } },
    );
    await backfill.enqueue(await backfill.plan(request));
    const summary = await clock.run(backfill.work({ maxRuns: 1 }));
    expect(summary.runs.map(({ ending }) => ending)).toEqual(["lost"]);
  });
});

describe("an error of the store", () => {
  const failingStore = (error: Error, onCommits: (commit: number) => boolean, after = false) => {
    const store = memoryStore();
    let commits = 0;
    return smallBackfill(
      { bars: BARS, ...oneSlice },
      {
        store: {
          ...store,
          async commit(bars, covered) {
            const fails = onCommits(++commits);
            if (fails && !after) throw error;
            const counts = await store.commit(bars, covered);
            if (fails) throw error;
            return counts;
          },
        },
      },
    );
  };

  it("that may heal is tried again with the page in hand", async () => {
    const { backfill, clock, source } = failingStore(new StoreError("40P01", { disposition: "retry" }), (n) => n === 2);
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, inserted: 16, requests: 6 });
    expect(source.calls).toHaveLength(6);
  });

  it("that comes after the commit loses and doubles nothing", async () => {
    const { backfill, clock, store } = failingStore(
      new StoreError("08006", { disposition: "retry" }),
      (n) => n === 2,
      true,
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 16, requests: 6 });
    expect(await held(store, "B")).toEqual(BARS.B);
  });

  it("that would come again halts everything", async () => {
    const { backfill, clock } = failingStore(
      new StoreError("42P01", { disposition: "halt", hint: "Run the migrations" }),
      (n) => n >= 2,
    );
    const report = await clock.run(backfill.run(request));
    expect(report.halted).toEqual({ code: "STORE_FAILED", message: "42P01. Run the migrations" });
    expect((await backfill.status()).map(({ state }) => state)).toEqual(["queued"]);
  });

  it("of the queue that may heal is waited for, with the same token", async () => {
    const queue = memoryQueue();
    const tokens: string[] = [];
    const { backfill, clock, types } = smallBackfill(
      { bars: BARS, ...oneSlice },
      {
        queue: {
          ...queue,
          async lease(options) {
            tokens.push(options.token);
            const leases = await queue.lease(options);
            // The first claims are done, and their answers lost.
            if (tokens.length <= 12) throw new StoreError("08006", { disposition: "retry" });
            return leases;
          },
        },
      },
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, requests: 6, runs: { success: 1 } });
    expect(new Set(tokens.slice(0, 13)).size).toBe(1);
    expect(types().filter((type) => type === "queue-failing")).toHaveLength(12);
  });

  it("of the queue at the end of a run costs nothing but another try", async () => {
    const queue = memoryQueue();
    let failures = 2;
    const { backfill, clock } = smallBackfill(
      { bars: BARS, ...oneSlice },
      {
        queue: {
          ...queue,
          async complete(lease, result) {
            if (failures-- > 0) throw new StoreError("57P01", { disposition: "retry" });
            await queue.complete(lease, result);
          },
        },
      },
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, requests: 6, runs: { success: 1 } });
  });

  it("of the queue halts the work and is named", async () => {
    const queue = memoryQueue();
    const { backfill, clock } = smallBackfill(
      { bars: BARS },
      { queue: { ...queue, lease: () => Promise.reject(new StoreError("57P01", { disposition: "halt" })) } },
    );
    const report = await clock.run(backfill.run(request));
    expect(report.halted?.code).toBe("STORE_FAILED");
  });
});

describe("a tick", () => {
  const DAY_MS = 86_400_000;
  const job = {
    label: "US_BATCH_1",
    symbols: ["A", "B"],
    timeframe: "1Min",
    windowDays: 3,
    priority: 0,
    enabled: true,
  } as const;

  it("queues what jobs lack, once, and nothing for those that are disabled", async () => {
    const { backfill, clock, source } = smallBackfill({ bars: BARS, ...oneSlice });
    expect(await backfill.tick([job, { ...job, label: "US_BATCH_2", symbols: ["C"], enabled: false }])).toBe(1);
    expect(await backfill.tick([job])).toBe(0);
    await clock.advance(60_000);
    // One more minute is final: that minute is lacking, and the rest is queued already. They fit on one page.
    expect(await backfill.tick([job])).toBe(1);
    await clock.run(backfill.work());
    expect(source.calls.map(({ request: { interval } }) => interval.end - interval.start)).toEqual([
      // The window begins at a midnight, a day before the last final bar and three.
      4 * DAY_MS + 60_000,
    ]);
    expect(await backfill.tick([job])).toBe(0);
    expect((await backfill.status()).map(({ label, state, runs }) => [label, state, runs])).toEqual([
      ["US_BATCH_1", "success", 1],
      ["US_BATCH_1", "cancelled", 2],
    ]);
  });

  it("asks for the new days only, when the window has moved", async () => {
    const { backfill, clock, source } = smallBackfill({ bars: BARS, ...oneSlice });
    await backfill.tick([job]);
    await clock.run(backfill.work());
    await clock.advance(DAY_MS);
    await backfill.tick([job]);
    await clock.run(backfill.work());
    const end = Date.UTC(2024, 5, 3);
    expect(source.calls.at(-1)?.request.interval).toEqual({ start: end, end: end + DAY_MS });
  });
});

describe("several workers on one queue", () => {
  it("of another source do not keep this one waiting", async () => {
    const { backfill, queue, clock } = smallBackfill({ bars: BARS, ...oneSlice });
    const span = { start: START, end: END };
    const parts = { provider: "other", symbols: ["A"], timeframe: "1Min", feed: "us", adjustment: "raw" } as const;
    await queue.enqueue([makeSlice({ ...parts, interval: span, priority: 0, estimate: { bars: 1, pages: 1 } })]);
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, bars: 16 });
    expect(await queue.counts()).toContainEqual({ state: "queued", runs: 1, bars: 0 });
  });

  it("share the runs and each run is done once", async () => {
    const first = smallBackfill({ bars: BARS });
    const second = smallBackfill({ bars: BARS }, { clock: first.clock, store: first.store, queue: first.queue });
    await first.backfill.enqueue(await first.backfill.plan(request));
    const [a, b] = await first.clock.run(Promise.all([first.backfill.work(), second.backfill.work()]));
    const ids = [...a.runs, ...b.runs].map((run) => run.slice.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(a.runs.length).toBeGreaterThan(0);
    expect(b.runs.length).toBeGreaterThan(0);
    expect(await first.backfill.report(request)).toMatchObject({ complete: true });
  });
});
