import { describe, expect, it } from "vitest";
import { RateLimitedError, SourceAccessError, SourceUnavailableError, SymbolRejectedError } from "../../src/errors.ts";
import type { Slice } from "../../src/index.ts";
import { END, held, minuteBars, START, sliceOf } from "../support/small-backfill.ts";
import { jobOf, smallEdge, symbolsNamed } from "../support/small-edge.ts";

const SYMBOLS = ["A", "B", "C"];
const BARS = { A: minuteBars(5), B: minuteBars(10), C: minuteBars(1) };
const RANGE = { timeframe: "1Min", from: new Date(START).toISOString(), to: new Date(END).toISOString() };
const REQUEST = { symbols: SYMBOLS, ...RANGE };

function batchSlice(parts: Partial<Omit<Slice, "id">> = {}): Slice {
  return sliceOf({ label: "US_BATCH_1", symbols: SYMBOLS, estimate: { bars: 16, pages: 6 }, ...parts });
}

describe("fetch-bars-batch", () => {
  it("answers as the function of old, and follows every page", async () => {
    const edge = smallEdge({ bars: BARS });
    await edge.queue.enqueue([batchSlice()]);
    const { status, body } = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [batchSlice().id] });
    expect(status).toBe(200);
    expect(body).toEqual({
      total_symbols: 3,
      total_bars: 16,
      symbols_processed: 3,
      duration_ms: 0,
      api_calls: 6,
      complete: true,
      runs: { success: 1, failed: 0, handed_back: 0, lost: 0 },
      not_claimed: [],
      quarantined: [],
      failed: [],
    });
    for (const symbol of ["A", "B", "C"] as const) expect(await held(edge.store, symbol)).toEqual(BARS[symbol]);
    expect(await edge.queue.counts()).toEqual([{ label: "US_BATCH_1", state: "success", runs: 1, bars: 16 }]);
  });

  it("finds runs by the id of their row", async () => {
    const slice = batchSlice();
    const edge = smallEdge({
      bars: BARS,
      runsByRowId: async (ids) => ids.filter((id) => id === 7).map((rowId) => ({ rowId, slice })),
    });
    await edge.queue.enqueue([slice]);
    const { body } = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [7, "8"] });
    expect(body).toMatchObject({ total_bars: 16, runs: { success: 1 }, not_claimed: ["8"], complete: true });
  });

  it("tells what is missing of bars adjusted as those of its runs, not of others that are there", async () => {
    const adjusted = batchSlice({ adjustment: "split" });
    const [one, other] = [batchSlice({ symbols: ["A", "B"] }), batchSlice({ symbols: ["A"], adjustment: "all" })];
    let isDown = true;
    const edge = smallEdge({
      bars: BARS,
      backfill: { retry: { pageAttempts: 1, runAttempts: 1 } },
      script: ({ request }) =>
        isDown && request.adjustment !== "raw" ? new SourceUnavailableError("the source answered 503") : undefined,
    });
    await edge.post(edge.functions.batch(), REQUEST);
    await edge.queue.enqueue([adjusted]);
    const asked = { ...REQUEST, job_run_ids: [adjusted.id] };
    const failed = await edge.post(edge.functions.batch(), asked);
    expect(failed.body).toMatchObject({ complete: false, symbols_processed: 0, runs: { failed: 1 } });
    isDown = false;
    await edge.queue.requeue({});
    const done = await edge.post(edge.functions.batch(), asked);
    expect(done.body).toMatchObject({ complete: true, symbols_processed: 3, runs: { success: 1 } });
    await edge.queue.enqueue([one, other]);
    const both = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [one.id, other.id] });
    // All of them raw, and one of three adjusted for all.
    expect(both.body).toMatchObject({ complete: false, symbols_processed: 1, runs: { success: 2 } });
  });

  it("without runs, leaves those of adjusted bars alone", async () => {
    const edge = smallEdge({ bars: BARS });
    await edge.queue.enqueue([batchSlice({ adjustment: "split" })]);
    const { body } = await edge.post(edge.functions.batch(), REQUEST);
    expect(body).toMatchObject({ complete: true, runs: { success: 1 } });
    expect(await edge.queue.counts({ label: "US_BATCH_1" })).toMatchObject([{ state: "queued", runs: 1 }]);
  });

  it("does not touch a run that another worker holds, and says so", async () => {
    const edge = smallEdge({ bars: BARS });
    await edge.queue.enqueue([batchSlice()]);
    await edge.queue.lease({ workerId: "other", token: "other", limit: 1, ttlMs: 60_000 });
    const { status, body } = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [batchSlice().id] });
    expect([status, body.not_claimed, body.complete]).toEqual([200, [batchSlice().id], false]);
    expect(edge.source.calls).toEqual([]);
  });

  it.each([
    ["a symbol", batchSlice({ symbols: ["A", "D"] })],
    ["a timeframe", batchSlice({ timeframe: "1Hour" })],
    ["an interval", batchSlice({ interval: { start: START, end: END + 60_000 } })],
  ])("refuses to work a run that asks for %s beyond the request", async (_, slice) => {
    const edge = smallEdge({ bars: BARS });
    await edge.queue.enqueue([slice]);
    const { status, body } = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [slice.id] });
    expect([status, body.error.runs]).toEqual([409, [slice.id]]);
    expect(await edge.queue.counts()).toMatchObject([{ state: "queued", runs: 1 }]);
  });

  it("hands back what does not fit into its time, with its coverage kept and its attempt unspent", async () => {
    const edge = smallEdge({
      bars: BARS,
      script: ({ call }) => (call === 3 ? new RateLimitedError("wait", { retryAfterMs: 60_000 }) : undefined),
    });
    await edge.queue.enqueue([batchSlice()]);
    const asked = { ...REQUEST, job_run_ids: [batchSlice().id] };
    const { body } = await edge.post(edge.functions.batch(), asked);
    expect(body).toMatchObject({
      total_bars: 6,
      symbols_processed: 1,
      duration_ms: 50_000,
      complete: false,
      runs: { success: 0, handed_back: 1 },
    });
    const again = await edge.post(edge.functions.batch(), asked);
    expect(again.body).toMatchObject({ total_bars: 10, complete: true, runs: { success: 1 } });
    expect(edge.eventsOf("leased").map(({ attempt }) => attempt)).toEqual([1, 1]);
    // Page one was A1 to A3, page two A4, A5 and B1; so A was not asked for again.
    expect(edge.source.calls.slice(3).every(({ request }) => !request.symbols.includes("A"))).toBe(true);
  });

  it("goes on with what an earlier request without runs handed back", async () => {
    const edge = smallEdge({
      bars: BARS,
      script: ({ call }) => (call === 3 ? new RateLimitedError("wait", { retryAfterMs: 60_000 }) : undefined),
    });
    const first = await edge.post(edge.functions.batch(), REQUEST);
    expect(first.body).toMatchObject({ complete: false, runs: { handed_back: 1 } });
    const again = await edge.post(edge.functions.batch(), REQUEST);
    expect(again.body).toMatchObject({ complete: true, runs: { success: 1 } });
  });

  it("hands back at once when the platform is about to end it", async () => {
    const stop = new AbortController();
    const edge = smallEdge({
      bars: BARS,
      options: { signal: stop.signal },
      script: ({ call }) => {
        if (call === 2) stop.abort();
        return undefined;
      },
    });
    const { body } = await edge.post(edge.functions.batch(), REQUEST);
    expect(body).toMatchObject({ complete: false, runs: { success: 0, handed_back: 1 } });
    expect(await edge.queue.counts()).toMatchObject([{ state: "queued", runs: 1 }]);
  });

  it("without runs, queues what is missing as runs of its own and works it", async () => {
    const edge = smallEdge({ bars: BARS });
    const { body } = await edge.post(edge.functions.batch(), { ...REQUEST, timeframe: "m1" });
    expect(body).toMatchObject({ total_bars: 16, symbols_processed: 3, complete: true });
    const again = await edge.post(edge.functions.batch(), REQUEST);
    expect(again.body).toMatchObject({ total_bars: 0, api_calls: 0, symbols_processed: 3, complete: true });
  });

  it("takes an empty list of runs for none: it works what is missing, and does not answer as if there were nothing", async () => {
    const edge = smallEdge({ bars: BARS });
    const { body } = await edge.post(edge.functions.batch(), { ...REQUEST, job_run_ids: [] });
    expect(body).toMatchObject({ total_bars: 16, symbols_processed: 3, complete: true });
  });

  it("leaves other runs of the queue alone", async () => {
    const edge = smallEdge({ bars: BARS });
    await edge.queue.enqueue([batchSlice({ timeframe: "1Hour" })]);
    await edge.post(edge.functions.batch(), REQUEST);
    expect(await edge.queue.counts({ label: "US_BATCH_1" })).toMatchObject([{ state: "queued", runs: 1 }]);
  });

  it("names symbols that the source refuses, and never calls the rest of them complete", async () => {
    const edge = smallEdge({
      bars: BARS,
      script: ({ request }) =>
        request.symbols.includes("C") ? new SymbolRejectedError("no such symbol", { symbol: "C" }) : undefined,
    });
    const { body } = await edge.post(edge.functions.batch(), REQUEST);
    expect(body).toMatchObject({ quarantined: ["C"], symbols_processed: 2, complete: false, runs: { success: 1 } });
  });

  it("answers 502 with the reason when the source refuses everything, and puts the run back unspent", async () => {
    const edge = smallEdge({
      bars: BARS,
      script: () => new SourceAccessError("forbidden", { hint: "Check the keys" }),
    });
    const { status, body } = await edge.post(edge.functions.batch(), REQUEST);
    expect([status, body.halted]).toEqual([502, { code: "SOURCE_ACCESS", message: "forbidden. Check the keys" }]);
    expect(await edge.queue.counts()).toMatchObject([{ state: "queued" }]);
  });

  it("lists runs that failed with the reason", async () => {
    const edge = smallEdge({
      bars: BARS,
      backfill: { retry: { pageAttempts: 1, runAttempts: 1 } },
      script: () => new SourceUnavailableError("the source answered 503"),
    });
    const { status, body } = await edge.post(edge.functions.batch(), REQUEST);
    expect(status).toBe(200);
    expect(body).toMatchObject({ complete: false, symbols_processed: 0, runs: { failed: 1 } });
    expect(body.failed).toMatchObject([{ code: "SOURCE_UNAVAILABLE", message: "the source answered 503" }]);
  });

  it("lists every problem of a request", async () => {
    const edge = smallEdge();
    const body = {
      symbols: ["SPY", "US_BATCH_1"],
      timeframe: "h3",
      from: "yesterday",
      to: START,
      job_run_ids: [0, "x"],
      symbol: "A",
    };
    const { status, body: answer } = await edge.post(edge.functions.batch(), body);
    expect(status).toBe(400);
    const paths = answer.error.issues.map(({ path }: { path: string }) => path);
    expect(paths.sort()).toEqual(["from", "job_run_ids[0]", "job_run_ids[1]", "symbol", "symbols[1]", "timeframe"]);
  });

  it.each([
    ["no body", undefined, 405],
    ["no object", 5, 400],
    ["no symbols", { ...REQUEST, symbols: [] }, 400],
    ["51 symbols", { ...REQUEST, symbols: symbolsNamed("S", 51) }, 400],
    ["an end before its start", { ...REQUEST, from: RANGE.to, to: RANGE.from }, 400],
    ["rows that nobody can find", { ...REQUEST, job_run_ids: [7] }, 400],
  ])("refuses %s", async (_, body, expected) => {
    const edge = smallEdge();
    const { status } = await edge.post(edge.functions.batch(), body);
    expect(status).toBe(expected);
    expect(await edge.queue.counts()).toEqual([]);
  });

  it("takes 50 symbols", async () => {
    const edge = smallEdge();
    const { body } = await edge.post(edge.functions.batch(), { ...REQUEST, symbols: symbolsNamed("S", 50) });
    expect(body).toMatchObject({ total_symbols: 50, symbols_processed: 50, complete: true });
  });
});

describe("fetch-bars", () => {
  it("fetches one symbol", async () => {
    const edge = smallEdge({ bars: BARS });
    const { body } = await edge.post(edge.functions.single(), { symbol: "B", ...RANGE });
    expect(body).toMatchObject({ total_symbols: 1, total_bars: 10, symbols_processed: 1, complete: true });
  });

  it.each(["US_BATCH_1", "A,B", ""])("takes %j for no symbol", async (symbol) => {
    const edge = smallEdge({ jobs: [jobOf("US_BATCH_1", ["A"])] });
    const { status, body } = await edge.post(edge.functions.single(), { symbol, ...RANGE });
    expect([status, body.error.issues[0].path]).toEqual([400, "symbol"]);
    expect(edge.source.calls).toEqual([]);
  });
});
