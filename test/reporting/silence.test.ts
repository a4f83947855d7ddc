import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { alpacaAssets, alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { Asset } from "../../src/contracts/asset-list.ts";
import type { BarStore } from "../../src/contracts/bar-store.ts";
import { isBarfillError, StoreError } from "../../src/errors.ts";
import { type BackfillEvent, createBackfill } from "../../src/index.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { emptySeries, reasonOf, type Silence } from "../../src/reporting/silence.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../src/testing/market/index.ts";
import { alpacaSimulator } from "../../src/testing/simulator/index.ts";

const NOW = Date.UTC(2024, 5, 3);
const once = <T>(call: () => Promise<T>) => call();
const YEAR = { start: Date.UTC(2020, 0, 1), end: Date.UTC(2021, 0, 1) };
const NOTHING: Silence = {
  interval: YEAR,
  heldBefore: false,
  heldAfter: false,
  historyStart: Date.UTC(2016, 0, 1),
  now: NOW,
};
const listed = { symbol: "A", isListed: true };
const delisted = { symbol: "A", isListed: false };
const recent = { start: NOW - 30 * DAY_MS, end: NOW };
const short = { start: YEAR.start, end: YEAR.start + DAY_MS };

describe("why a series has no bar", () => {
  test.each<[string, Partial<Silence>, string]>([
    ["nothing is known", {}, "no-bars"],
    ["it is not in the list", { asset: "unknown" }, "unknown"],
    ["it is not in the list, but has bars", { asset: "unknown", heldAfter: true }, "before-listing"],
    ["the list says when it came", { asset: { ...listed, listedAt: YEAR.end } }, "before-listing"],
    ["the list says when it went", { asset: { ...delisted, delistedAt: YEAR.start } }, "after-delisting"],
    ["it was listed in the middle", { asset: { ...listed, listedAt: YEAR.end - 1 } }, "no-bars"],
    ["the source does not go back so far", { historyStart: YEAR.end }, "before-history"],
    ["bars are held on both sides", { heldBefore: true, heldAfter: true }, "no-trades"],
    ["all bars come later", { heldAfter: true }, "before-listing"],
    ["all bars came before", { heldBefore: true }, "after-delisting"],
    ["all bars came before, and it is listed", { heldBefore: true, asset: listed }, "no-trades"],
    ["a day tells nothing of a listing", { heldBefore: true, interval: short }, "no-trades"],
    ["nor does the day before the first bar", { heldAfter: true, interval: short }, "no-trades"],
    ["it is listed today, and silent until today", { asset: listed, interval: recent }, "no-trades"],
    ["it is listed today, which tells nothing of 2020", { asset: listed }, "no-bars"],
    ["it is gone, and silent until today", { asset: delisted, interval: recent }, "after-delisting"],
  ])("%s", (_, known, reason) => {
    expect(reasonOf({ ...NOTHING, ...known })).toBe(reason);
  });

  test("no name that is in the list is unknown, and none that is listed now was delisted", () => {
    const flag = fc.boolean();
    fc.assert(
      fc.property(
        flag,
        flag,
        flag,
        fc.constantFrom(YEAR, recent, short),
        (isListed, heldBefore, heldAfter, interval) => {
          const reason = reasonOf({ ...NOTHING, asset: { symbol: "A", isListed }, heldBefore, heldAfter, interval });
          expect(reason).not.toBe("unknown");
          if (isListed) expect(reason).not.toBe("after-delisting");
        },
      ),
    );
  });
});

describe("a report on silent symbols", () => {
  const market = syntheticMarket({
    symbols: ["SPY", "NEW", "OLD", "QUIET"],
    unknown: ["VIX", "QUIET"],
    listings: { NEW: { listedOn: "2022-03-01" }, OLD: { delistedOn: "2019-06-03" } },
  });
  const request = { symbols: ["NEW", "OLD", "QUIET", "SPY", "VIX"], timeframes: ["1Day"] } as const;
  const keys = { keyId: "key", secretKey: "secret" };

  function backfilled({ withList = true, isDown = false } = {}) {
    const clock = fakeClock({ now: NOW });
    const simulator = alpacaSimulator({ market, clock, requestsPerMinute: 1_000_000 });
    const fetch = simulator.fetch as typeof globalThis.fetch;
    const down: typeof fetch = async () => new Response("oops", { status: 503 });
    const events: BackfillEvent[] = [];
    const backfill = createBackfill({
      source: alpacaStocks({ ...keys, fetch }),
      ...(withList ? { assets: alpacaAssets({ ...keys, fetch: isDown ? down : fetch }) } : {}),
      store: memoryStore(),
      queue: memoryQueue({ clock }),
      limiter: { schedule: (one) => one(), observe: () => {}, holdUntil: () => {} },
      clock,
      observer: (event) => void events.push(event),
    });
    return {
      events,
      simulator,
      async reasons(start: number, end: number) {
        const report = await clock.run(backfill.run({ ...request, start, end }));
        expect(report).toMatchObject({ complete: true });
        return Object.fromEntries(report.empty.map(({ symbol, why }) => [symbol, why]));
      },
    };
  }

  it("tells them apart by the service's list and by the bars that are held", async () => {
    const { reasons, simulator } = backfilled();
    await reasons(Date.UTC(2018, 0, 1), Date.UTC(2019, 0, 1));
    await reasons(Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1));
    expect(await reasons(Date.UTC(2020, 0, 1), Date.UTC(2021, 0, 1))).toEqual({
      NEW: "before-listing",
      OLD: "after-delisting",
      QUIET: "no-bars",
      VIX: "unknown",
    });
    expect(await reasons(Date.UTC(2024, 0, 1), Date.UTC(2024, 5, 1))).toEqual({
      OLD: "after-delisting",
      QUIET: "no-trades",
      VIX: "unknown",
    });
    expect(simulator.stats.byEndpoint.assets).toBe(4);
  });

  it("says no more than the bars tell, where there is no list", async () => {
    const { reasons } = backfilled({ withList: false });
    expect(await reasons(Date.UTC(2023, 0, 1), Date.UTC(2024, 0, 1))).toEqual({
      OLD: "no-bars",
      QUIET: "no-bars",
      VIX: "no-bars",
    });
    expect(await reasons(Date.UTC(2020, 0, 1), Date.UTC(2021, 0, 1))).toMatchObject({ NEW: "before-listing" });
  });

  it.each([0, 1])(
    "goes by the paper that is traded now, where another had its name before it: entry %d of two",
    async (at) => {
      const entries: Asset[] = [{ symbol: "QUIET", isListed: false }];
      entries.splice(at, 0, { symbol: "QUIET", isListed: true });
      const series = { provider: "p", symbol: "QUIET", timeframe: "1Day", feed: "sip", adjustment: "raw" } as const;
      const wanted = [{ series, interval: { start: Date.UTC(2024, 0, 1), end: NOW } }];
      const parts = { store: memoryStore(), historyStart: 0, now: NOW, onListFailing: () => {}, healed: once };
      const [empty] = await emptySeries([series], wanted, { ...parts, assets: async () => entries });
      expect(empty?.why).toBe("no-trades");
    },
  );

  it("is no worse for a list that cannot be had, and says so", async () => {
    const { reasons, events } = backfilled({ isDown: true });
    expect(await reasons(Date.UTC(2020, 0, 1), Date.UTC(2021, 0, 1))).toMatchObject({ VIX: "no-bars" });
    const [failing] = events.filter(({ type }) => type === "assets-failing");
    expect(failing).toMatchObject({ error: { code: "SOURCE_UNAVAILABLE" } });
  });
});

describe("the reads of a report on many silent symbols", () => {
  const many = Array.from({ length: 40 }, (_, i) => {
    const symbol = `S${String(i).padStart(2, "0")}`;
    return { provider: "p", symbol, timeframe: "1Day", feed: "sip", adjustment: "raw" } as const;
  });
  const wanted = many.map((series) => ({ series, interval: YEAR }));

  /** Empty; a read takes some turns of the event loop, and those of `failures` fail instead. */
  function slowStore(failures = new Set<number>()) {
    const seen = { reads: 0, atOnce: 0, most: 0 };
    const store: BarStore = {
      ...memoryStore(),
      async *read() {
        seen.reads++;
        const fails = failures.has(seen.reads);
        seen.most = Math.max(seen.most, ++seen.atOnce);
        for (let i = 0; i < (fails ? 1 : 50); i++) await Promise.resolve();
        seen.atOnce--;
        if (fails) throw new StoreError("the connection was lost", { disposition: "retry" });
        yield* [];
      },
    };
    return { store, seen };
  }
  const parts = { historyStart: 0, now: NOW, onListFailing: () => {}, healed: once };

  it("are made eight at a time, and answered in order", async () => {
    const { store, seen } = slowStore();
    const empty = await emptySeries(many, wanted, { ...parts, store });
    expect(empty).toEqual(many.map((series) => ({ ...series, why: "no-bars" })));
    expect(seen).toMatchObject({ reads: 120, most: 8 });
  });

  it("are left out where the list of assets has the answer whatever is held", async () => {
    const { store, seen } = slowStore();
    const assets = async () => many.map(({ symbol }) => ({ symbol, isListed: true, listedAt: YEAR.end }));
    const empty = await emptySeries(many, wanted, { ...parts, store, assets });
    expect(new Set(empty.map(({ why }) => why))).toEqual(new Set(["before-listing"]));
    expect(seen.reads).toBe(40);
  });

  it("are healed one by one: what was read is not read again", async () => {
    const { store, seen } = slowStore(new Set([7, 30, 90]));
    const healed = <T>(call: () => Promise<T>) => call().catch(call);
    expect(await emptySeries(many, wanted, { ...parts, store, healed })).toHaveLength(40);
    expect(seen.reads).toBe(123);
  });

  it("end with the first that does not heal", async () => {
    const { store, seen } = slowStore(new Set([5]));
    await expect(emptySeries(many, wanted, { ...parts, store })).rejects.toMatchObject({ code: "STORE_FAILED" });
    // None is under way any more, and none begins.
    const { reads } = seen;
    expect(seen.atOnce).toBe(0);
    for (let i = 0; i < 100; i++) await Promise.resolve();
    expect(seen.reads).toBe(reads);
    expect(reads).toBeLessThanOrEqual(20);
  });
});

test.each([
  ["{}", "SOURCE_DATA_INVALID"],
  ["<html>", "SOURCE_DATA_INVALID"],
  ['[{"symbol":1,"status":"active"}]', "SOURCE_DATA_INVALID"],
])("a list that is none is refused: %s", async (body, code) => {
  const fetch = async () => new Response(body, { status: 200 });
  const error = await alpacaAssets({ keyId: "key", secretKey: "secret", fetch })().catch((error: unknown) => error);
  expect(isBarfillError(error) && error.code).toBe(code);
});

test("a list that breaks off is the source's trouble, which passes", async () => {
  const cause = new TypeError("terminated");
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('[{"symbol":'));
      controller.error(cause);
    },
  });
  const list = alpacaAssets({ keyId: "key", secretKey: "secret", fetch: async () => new Response(body) });
  await expect(list()).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE", disposition: "retry", cause });
});
