// A machine whose clock is ahead asks too soon: what that costs, what is told, and what a wait mends.
import { describe, expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { PageRequest, SourceLimits } from "../../src/contracts/bar-source.ts";
import { type SourceClock, sourceClock, tooRecent } from "../../src/executor/too-recent.ts";
import { createBackfill } from "../../src/index.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import { alpacaSimulator, fakeClock, syntheticMarket } from "../../src/testing/index.ts";
import { openLimiter } from "../support/small-backfill.ts";

const NOON = Date.UTC(2024, 5, 3, 16);
/** Fifteen seconds into a minute. */
const NOW = NOON + 15_000;

/** One slice up to now, worked by a machine whose clock is `aheadMs` ahead of the service's. */
async function askedAhead(aheadMs: number) {
  const clock = fakeClock({ now: NOW });
  const ours = { ...clock, now: () => clock.now() + aheadMs };
  const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000, burst: 1000, clock });
  const backfill = createBackfill({
    source: alpacaStocks({ keyId: "k", secretKey: "s", fetch: simulator.fetch, withheldTailMs: MINUTE_MS }),
    store: memoryStore(),
    queue: memoryQueue({ clock }),
    limiter: openLimiter(clock),
    clock: ours,
  });
  const wish = { symbols: ["SPY", "IBM"], timeframes: ["1Min"], start: NOON - HOUR_MS } as const;
  const { complete, failed, gaps, runs } = await clock.run(backfill.run(wish));
  return { complete, failed, gaps, runs, requests: simulator.stats.requests, tookMs: clock.now() - NOW };
}

test("a clock within half of the withheld tail costs nothing", async () => {
  expect(await askedAhead(30_000)).toMatchObject({ complete: true, requests: 1, tookMs: 0 });
});

test("one that is a little more ahead costs a wait until the bars are over, and one question more", async () => {
  const { tookMs, ...rest } = await askedAhead(50_000);
  expect(rest).toMatchObject({ complete: true, requests: 2, runs: { success: 1, failed: 0 } });
  expect(tookMs).toBe(45_000);
});

test("one that is an hour ahead costs one question, keeps what was over, and is told of", async () => {
  const { failed, gaps, ...rest } = await askedAhead(HOUR_MS);
  expect(rest).toMatchObject({ complete: false, requests: 1, tookMs: 0, runs: { success: 0, failed: 1 } });
  expect(gaps[0]?.intervals).toEqual([{ start: NOON - MINUTE_MS, end: NOON + HOUR_MS - MINUTE_MS }]);
  expect(failed[0]?.error).toEqual({
    code: "SOURCE_REJECTED",
    message:
      "asked for what is too recent by the source's clock, which is 60 min behind this machine's. Set the clock of " +
      "this machine (NTP), or of the one that planned the slice; then put the run back",
  });
});

test("one that is behind withholds more, and asks for nothing twice", async () => {
  expect(await askedAhead(-30 * MINUTE_MS)).toMatchObject({ complete: true, requests: 1, tookMs: 0 });
});

test.each([
  ["with a better subscription", { withheldTailMs: MINUTE_MS }],
  ["for a feed without delay", { feed: "iex" }],
] as const)("a slice that was planned %s is whole for a worker that would have waited", async (_, options) => {
  const clock = fakeClock({ now: NOW });
  const { fetch, stats } = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000, clock });
  const keys = { keyId: "k", secretKey: "s", fetch };
  const shared = { store: memoryStore(), queue: memoryQueue({ clock }), limiter: openLimiter(clock), clock };
  const planner = createBackfill({ ...shared, source: alpacaStocks({ ...keys, ...options }) });
  const worker = createBackfill({ ...shared, source: alpacaStocks(keys) });
  await planner.enqueue(await planner.plan({ symbols: ["SPY"], timeframes: ["1Min"], start: NOON - HOUR_MS }));
  const { runs } = await clock.run(worker.work());
  expect([runs.map(({ ending }) => ending), stats.requests]).toEqual([["success"], 1]);
});

describe("tooRecent", () => {
  const limits = { withheldTailMs: MINUTE_MS, dayAnchor: "new-york" } as const;
  const asking = (start: number, end: number, timeframe: PageRequest["timeframe"] = "1Min"): PageRequest => ({
    symbols: ["SPY"],
    timeframe,
    feed: "sip",
    adjustment: "raw",
    interval: { start, end },
  });
  const at = (answeredAt: number | undefined, now: number) =>
    sourceClock({ bars: [], covered: [], ...(answeredAt === undefined ? {} : { answeredAt }) }, now);
  const hourAhead = at(NOON, NOON + HOUR_MS);
  const told = (rest: readonly PageRequest[], clock: SourceClock | undefined = hourAhead, now = NOON + HOUR_MS) =>
    tooRecent(rest, clock, limits as SourceLimits, now);

  test("is silent where the source does not say the time, and where nothing is left", () => {
    expect(at(undefined, NOON)).toBeUndefined();
    expect(tooRecent([asking(NOON, NOON + HOUR_MS)], undefined, limits as SourceLimits, NOON)).toBeUndefined();
    expect(told([])).toBeUndefined();
  });

  test("is silent where a part of what is left was old enough: that the source owes", () => {
    expect(told([asking(NOON - MINUTE_MS, NOON)])).toBeDefined();
    expect(told([asking(NOON - 2 * MINUTE_MS, NOON)])).toBeUndefined();
    expect(told([asking(NOON, NOON + MINUTE_MS), asking(0, MINUTE_MS)])).toBeUndefined();
  });

  test("waits until the last of it is old enough, by the source's clock as it goes on", () => {
    const rest = [asking(NOON, NOON + MINUTE_MS), asking(NOON, NOON + 5 * MINUTE_MS)];
    expect(told(rest)?.waitMs).toBe(6 * MINUTE_MS);
    expect(told(rest, hourAhead, NOON + HOUR_MS + MINUTE_MS)?.waitMs).toBe(5 * MINUTE_MS);
    expect(told(rest, hourAhead, NOON + HOUR_MS + 6 * MINUTE_MS)).toBeUndefined();
  });

  test("knows that a day is not over before its end", () => {
    const day = asking(Date.UTC(2024, 5, 3, 4), Date.UTC(2024, 5, 4, 4), "1Day");
    expect(told([day])?.waitMs).toBe(12 * HOUR_MS + MINUTE_MS);
  });

  test("speaks of who planned the slice, where our own clock is right", () => {
    const message = told([asking(NOON, NOON + HOUR_MS)], at(NOON, NOON), NOON)?.error.message;
    expect(message).toContain("asked for what is too recent by the source's clock. Set the clock of this machine");
  });
});
