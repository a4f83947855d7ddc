import { describe, expect, it } from "vitest";
import { bottleneckLimiter } from "../../src/adapters/bottleneck/index.ts";
import { memoryQuarantine, memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { BarStore } from "../../src/contracts/bar-store.ts";
import { RateLimitedError, SourceUnavailableError, StoreError, SymbolRejectedError } from "../../src/errors.ts";
import type { BackfillRequest, RateLimiter } from "../../src/index.ts";
import { fixedWindow } from "../../src/planners/fixed-window.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { END, minuteBars, START, smallBackfill } from "../support/small-backfill.ts";

const request: BackfillRequest = { symbols: ["A"], timeframes: ["1Min"], start: START, end: END };
const bars = { A: minuteBars(5) };
const away = () => new StoreError("57P03", { disposition: "retry" });

/** `target`, whose every method fails once before it does its work: nothing of a backfill can be lucky. */
function failingFirst<T extends object>(target: T): { readonly target: T; readonly failed: Set<string> } {
  const failed = new Set<string>();
  const proxy = new Proxy(target, {
    get(object, name) {
      const value: unknown = Reflect.get(object, name);
      if (typeof value !== "function" || name === "read") return value;
      return async (...args: unknown[]) => {
        if (failed.has(String(name))) return Reflect.apply(value, object, args);
        failed.add(String(name));
        throw away();
      };
    },
  });
  return { target: proxy, failed };
}

describe("a database that goes away and comes back", () => {
  it("at every first call of store, queue and quarantine costs no page and no run", async () => {
    const clock = fakeClock({ now: END });
    const store = failingFirst(memoryStore());
    const queue = failingFirst(memoryQueue({ clock }));
    const quarantine = failingFirst(memoryQuarantine());
    const refuseVix = ({ request: { symbols } }: { request: { symbols: readonly string[] } }) =>
      symbols.includes("VIX") ? new SymbolRejectedError("invalid symbol: VIX", { symbol: "VIX" }) : undefined;
    const { backfill, source } = smallBackfill(
      { bars, script: refuseVix },
      { clock, store: store.target, queue: queue.target, quarantine: quarantine.target },
    );
    const report = await clock.run(backfill.run({ ...request, symbols: ["A", "VIX"] }));
    expect(report).toMatchObject({ bars: 5, requests: 3, runs: { success: 2, failed: 0, lost: 0 } });
    expect(report.quarantined.map(({ symbol }) => symbol)).toEqual(["VIX"]);
    expect(source.calls.length).toBe(report.requests);
    expect([...store.failed, ...queue.failed, ...quarantine.failed].sort()).toEqual(
      ["add", "commit", "complete", "counts", "coverage", "enqueue", "lease", "list", "open"].sort(),
    );
  });

  it("after an hour is found again within ten seconds", async () => {
    const clock = fakeClock({ now: END });
    const queue = memoryQueue({ clock });
    const back = clock.now() + 3_600_000;
    const leasedAt: number[] = [];
    const { backfill } = smallBackfill(
      { bars },
      {
        clock,
        random: () => 0.999,
        queue: {
          ...queue,
          async lease(options) {
            leasedAt.push(clock.now());
            if (clock.now() < back) throw away();
            return queue.lease(options);
          },
        },
      },
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true });
    const foundAt = leasedAt.find((at) => at >= back) ?? Number.POSITIVE_INFINITY;
    expect(foundAt - back).toBeLessThanOrEqual(10_000);
  });
});

describe("a source that goes away", () => {
  const MINUTE = 60_000;
  const symbols = Array.from({ length: 200 }, (_, i) => `S${100 + i}`);
  const barsOfAll = Object.fromEntries(symbols.map((symbol) => [symbol, minuteBars(1)]));

  /** Two hundred slices of a request each, four at a time; `isAway` says whether the source is, and for which. */
  async function filled(isAway: (ms: number, slice: number) => boolean) {
    const clock = fakeClock({ now: END });
    const begun = clock.now();
    const completedAt: number[] = [];
    let lost = 0;
    const { backfill } = smallBackfill(
      {
        bars: barsOfAll,
        script: async ({ request }) => {
          await clock.sleep(300);
          if (!isAway(clock.now() - begun, Number(request.symbols[0]?.slice(1)) - 100)) return undefined;
          lost++;
          return new SourceUnavailableError("503");
        },
      },
      {
        ...{ clock, concurrency: 4, planner: fixedWindow({ symbols: 1 }), random: () => 0.5 },
        ...{ limiter: bottleneckLimiter({ requestsPerMinute: 600, clock }), leaseMs: 10 * MINUTE },
        observer: ({ type, at }) => void (type === "completed" && completedAt.push(at - begun)),
      },
    );
    const report = await clock.run(backfill.run({ ...request, symbols }));
    return { report, lost, completedAt, tookMs: clock.now() - begun };
  }

  it.each([1, 20, 480])("for %i minutes costs no slice, few requests, and little time", async (minutes) => {
    const from = 5000;
    const back = from + minutes * MINUTE;
    const { report, lost, tookMs, completedAt } = await filled((ms) => ms >= from && ms < back);
    expect(report).toMatchObject({ complete: true, runs: { success: 200, failed: 0 } });
    // Eight holds in the first half a minute, then one about every 23 s; four in flight, as long as an answer takes.
    expect(lost).toBeLessThanOrEqual(4 * (8 + 3 * minutes));
    // The work goes on within half a minute; those that were asked last have still to wait.
    const [first = Number.NaN] = completedAt.filter((at) => at >= back);
    expect(first - back).toBeLessThanOrEqual(30_000);
    const aloneMs = (200 / 600) * MINUTE;
    expect(tookMs - aloneMs - minutes * MINUTE).toBeLessThanOrEqual(30_000 + (minutes * MINUTE) / 10);
  });

  it.each<[string, (slice: number) => boolean, number]>([
    ["one slice alone", (slice) => slice === 7, 2],
    // The last of them is alone in the end, which nobody tells from an outage.
    ["every tenth", (slice) => slice % 10 === 5, 8],
    // More than are in flight, and nobody is answered until the last of them was asked.
    ["ten in a row", (slice) => slice >= 100 && slice < 110, 30],
  ])("for %s ends those, and holds up nobody for long", async (_, isAwayFor, minutes) => {
    const { report, tookMs } = await filled((_, slice) => isAwayFor(slice));
    const failed = symbols.filter((_, slice) => isAwayFor(slice)).length;
    expect(report.runs).toMatchObject({ success: 200 - failed, failed });
    expect(tookMs).toBeLessThan(minutes * MINUTE);
  });

  it("for the last ten slices ends those: nobody tells it from an outage, which they outlast for half an hour", async () => {
    const { report, tookMs } = await filled((_, slice) => slice >= 190);
    expect(report.runs).toMatchObject({ success: 190, failed: 10 });
    expect(tookMs).toBeLessThan(100 * MINUTE);
    const back = await filled((ms, slice) => slice >= 190 && ms < 30 * MINUTE);
    expect(back.report).toMatchObject({ complete: true });
  });
});

it("work that is stopped while the source is gone has failed nobody, and a later start goes on", async () => {
  const clock = fakeClock({ now: END });
  const symbols = Array.from({ length: 40 }, (_, i) => `S${i}`);
  const queue = memoryQueue({ clock });
  const script = async ({ call }: { call: number }) => {
    await clock.sleep(300);
    return call <= 10 ? undefined : new SourceUnavailableError("503");
  };
  const limiter = bottleneckLimiter({ requestsPerMinute: 600, clock });
  const options = { clock, queue, limiter, concurrency: 4, planner: fixedWindow({ symbols: 1 }), leaseMs: 10_000 };
  const { backfill, events } = smallBackfill({ bars: {}, script }, options);
  await backfill.enqueue(await backfill.plan({ ...request, symbols }));
  const stop = new AbortController();
  /** As the command does, so many at a time; here that is over several times while the source is gone. */
  const inParts = async () => {
    for (;;) {
      const { ended } = await backfill.work({ signal: stop.signal, maxRuns: 50 });
      if (ended !== "enough") return ended;
    }
  };
  const away = inParts();
  await clock.advance(50 * 60_000);
  stop.abort();
  expect(await clock.run(away)).toBe("stopped");
  expect(events.filter(({ type }) => type === "lost" || type === "failed")).toEqual([]);
  expect(await backfill.status()).toMatchObject([
    { state: "queued", runs: 30 },
    { state: "success", runs: 10 },
  ]);
  const next = smallBackfill({ bars: {} }, options);
  const { runs, ended } = await clock.run(next.backfill.work());
  expect({ ended, runs: runs.length }).toEqual({ ended: "drained", runs: 30 });
  const attempts = next.events.flatMap((event) => (event.type === "leased" ? event.attempt : []));
  // In the first minute nobody knows yet.
  expect(attempts.filter((attempt) => attempt > 1).length).toBeLessThanOrEqual(4);
  expect(Math.max(...attempts)).toBe(2);
});

it("a limiter that holds nobody is asked no oftener than there are tries, in an outage too", async () => {
  const clock = fakeClock({ now: END });
  const symbols = Array.from({ length: 20 }, (_, i) => `S${i}`);
  const limiter: RateLimiter = { schedule: (send) => send(), observe: () => {}, holdUntil: () => {} };
  const script = ({ call }: { call: number }) => (call === 1 ? undefined : new SourceUnavailableError("503"));
  const options = { clock, limiter, concurrency: 4, planner: fixedWindow({ symbols: 1 }) };
  const { backfill, source } = smallBackfill({ bars: {}, script }, options);
  const report = await clock.run(backfill.run({ ...request, symbols }));
  expect(report.runs).toMatchObject({ success: 1, failed: 19 });
  expect(source.calls.length).toBeLessThanOrEqual(1 + 19 * 5 * (4 + 3));
});

describe("a source that never answers", () => {
  const symbols = Array.from({ length: 200 }, (_, i) => `S${i}`);

  it("is given up within two minutes, with no slice failed and every run handed back unspent", async () => {
    const clock = fakeClock({ now: END });
    const script = () => new SourceUnavailableError("no answer: ECONNREFUSED");
    const options = { clock, concurrency: 4, planner: fixedWindow({ symbols: 1 }), random: () => 0.999 };
    const { backfill, source } = smallBackfill({ bars: {}, script }, options);
    const report = await clock.run(backfill.run({ ...request, symbols }));
    expect(report.halted).toEqual({
      code: "SOURCE_UNAVAILABLE",
      message: "the source has answered nothing so far: no answer: ECONNREFUSED",
    });
    expect(report.runs).toMatchObject({ success: 0, failed: 0, lost: 0 });
    expect(await backfill.status()).toMatchObject([{ state: "queued", runs: 200 }]);
    expect(clock.now() - END).toBeLessThan(120_000);
    expect(source.calls.length).toBeLessThan(50);
  });

  it("is waited for once it has answered anything, be it a refusal", async () => {
    const clock = fakeClock({ now: END });
    const script = ({ call }: { call: number }) => {
      if (call === 1) return new RateLimitedError("too many requests.", { retryAfterMs: 1000 });
      return clock.now() < END + 150_000 ? new SourceUnavailableError("503") : undefined;
    };
    const { backfill } = smallBackfill({ bars, script }, { clock });
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true });
  });
});

describe("a store that takes nothing for a while", () => {
  const MINUTE = 60_000;
  const symbols = Array.from({ length: 40 }, (_, i) => `S${i}`);
  const barsOfAll = Object.fromEntries(symbols.map((symbol) => [symbol, minuteBars(1)]));
  const full = () => new StoreError("53100 could not extend file: No space left on device", { disposition: "retry" });

  /** Forty slices of a request each, four at a time; `refuses` says which commits fail. */
  async function filled(refuses: (ms: number, symbol: string) => boolean, takesMs = (_: string) => 10) {
    const clock = fakeClock({ now: END });
    const begun = clock.now();
    const memory = memoryStore();
    const store: BarStore = {
      ...memory,
      async commit(parts, covered) {
        const symbol = covered[0]?.series.symbol ?? "";
        await clock.sleep(takesMs(symbol));
        if (refuses(clock.now() - begun, symbol)) throw full();
        return memory.commit(parts, covered);
      },
    };
    const script = async () => void (await clock.sleep(300));
    const { backfill, source } = smallBackfill(
      { bars: barsOfAll, script },
      { clock, store, concurrency: 4, planner: fixedWindow({ symbols: 1 }), random: () => 0.999 },
    );
    const report = await clock.run(backfill.run({ ...request, symbols }));
    const again = async () => {
      await clock.run(backfill.work());
      return { status: await backfill.status(), requests: source.calls.length };
    };
    return { report, requests: source.calls.length, tookMs: clock.now() - begun, again };
  }

  it("keeps the pages in hand, costs no request and no try, and is found again within ten seconds", async () => {
    const alone = await filled(() => false);
    const { report, requests, tookMs } = await filled((ms) => ms > 1000 && ms < 1000 + 9 * MINUTE);
    expect(report).toMatchObject({ complete: true, runs: { success: 40, failed: 0 } });
    expect(requests).toBe(40);
    expect(tookMs - alone.tookMs - 9 * MINUTE).toBeLessThanOrEqual(10_000);
  });

  it("keeps a page too whose commit was under way when others were answered for the last time", async () => {
    // Of four commits that begin at 300 ms the first and the third are there at 310, and all others fail from 400 on.
    const slowly = (symbol: string) => (Number(symbol.slice(1)) % 2 === 0 ? 10 : 200);
    const { report, requests } = await filled((ms) => ms > 400 && ms < 5 * MINUTE, slowly);
    expect(report).toMatchObject({ complete: true, runs: { success: 40, failed: 0 } });
    expect(requests).toBe(40);
  });

  it("keeps a page too whose commit fails once more when others are answered again", async () => {
    // In flight from the first on, as S0, S1 and S10 are.
    const lateMs = (symbol: string) => (symbol === "S11" ? 15_000 : 0);
    const { report, requests } = await filled((ms, symbol) => ms < 5 * MINUTE + lateMs(symbol));
    expect(report).toMatchObject({ complete: true, runs: { success: 40, failed: 0 } });
    expect(requests).toBe(40);
  });

  it("for three quarters of an hour costs four requests every ten minutes, and no slice", async () => {
    const { report, requests } = await filled((ms) => ms < 45 * MINUTE);
    expect(report).toMatchObject({ complete: true, runs: { failed: 0 } });
    expect(requests).toBe(40 + 4 * 4);
  });

  it("for hours stops the work, gives no slice up, and a later start goes on", async () => {
    let isFull = true;
    const { report, requests, tookMs, again } = await filled(() => isFull);
    expect(report).toMatchObject({ complete: false, failed: [], halted: { code: "STORE_FAILED" } });
    expect(report.halted?.message).toContain("No space left");
    expect(report.runs).toMatchObject({ failed: 0 });
    // Two lots of four take turns, five times each.
    expect(tookMs).toBeLessThan(105 * MINUTE);
    expect(requests).toBeLessThanOrEqual(4 * 10);
    // It waits once more, for ten minutes, and has spent nothing.
    const still = await again();
    expect(still.status.filter(({ state }) => state === "failed")).toEqual([]);
    expect(still.requests - requests).toBe(4);
    isFull = false;
    const healed = await again();
    expect(healed.status).toMatchObject([{ state: "success", runs: 40 }]);
  });

  it("from ten slices, more than are in flight, stops no work before the others had their turn", async () => {
    const { report } = await filled((_, symbol) => symbol.length === 2);
    expect(report.runs.success).toBe(30);
    // Those that failed while others were answered; the rest cannot be told from a store that is full.
    expect(report.runs.failed).toBeGreaterThanOrEqual(4);
  });

  it("from one slice alone is that slice's affair: it has its tries while the others go on", async () => {
    const { report, tookMs } = await filled((_, symbol) => symbol === "S7");
    expect(report.runs).toMatchObject({ success: 39, failed: 1 });
    expect(report.failed[0]?.error.message).toContain("No space left");
    // In the end it is alone, and nobody tells it from a store that is full.
    expect(tookMs).toBeLessThan(5 * 10 * MINUTE);
  });
});

describe("a heartbeat that fails", () => {
  it("is sent again before the lease has run out", async () => {
    const clock = fakeClock({ now: END });
    const queue = memoryQueue({ clock });
    const renewedAt: number[] = [];
    const startedAt = clock.now();
    const { backfill } = smallBackfill(
      { bars, script: async () => void (await clock.sleep(90_000)), pageSize: 100 },
      {
        clock,
        leaseMs: 60_000,
        queue: {
          ...queue,
          async renew(...args) {
            renewedAt.push(clock.now() - startedAt);
            // Silence is found out late: three heartbeats in a row would be one too many.
            if (renewedAt.length === 1) {
              await clock.sleep(20_000);
              throw away();
            }
            return queue.renew(...args);
          },
        },
      },
    );
    expect(await clock.run(backfill.run(request))).toMatchObject({ complete: true, runs: { success: 1, lost: 0 } });
    expect(renewedAt[0]).toBe(20_000);
    expect(renewedAt[1]).toBeLessThan(45_000);
  });
});
