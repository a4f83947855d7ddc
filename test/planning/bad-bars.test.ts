import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import { SourceRejectedError, StoreError } from "../../src/errors.ts";
import type { JobDefinition } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { contains } from "../../src/model/interval.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/units.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import type { ScriptedCall } from "../../src/testing/scripted-source.ts";
import { type SmallBackfill, smallBackfill } from "../support/small-backfill.ts";

const NOON = Date.UTC(2024, 5, 3, 12);
const BAD = NOON - 60 * MINUTE_MS;
const job: JobDefinition = {
  ...{ label: "US_BATCH_1", symbols: ["A", "B"], timeframe: "1Min" as const },
  ...{ windowDays: 3, priority: 0, enabled: true },
};

function bars(isBad: (openTime: number) => boolean): Bar[] {
  return Array.from({ length: 2000 }, (_, i) => {
    const openTime = NOON + (i - 1000) * MINUTE_MS;
    return { openTime, open: 2, high: 2, low: isBad(openTime) ? 3 : 2, close: 2, volume: 1 };
  });
}

function withOneBadBar(): SmallBackfill {
  const source = { bars: { A: bars(() => false), B: bars((at) => at === BAD) }, pageSize: 10_000 };
  return smallBackfill({ ...source, limits: { pageSize: 10_000 } }, { clock: fakeClock({ now: NOON }) });
}

async function tickAndWork({ backfill, clock }: SmallBackfill, times: number, jobs = [job], everyMs = MINUTE_MS) {
  for (let i = 0; i < times; i++) {
    await clock.advance(everyMs);
    await clock.run(backfill.tick(jobs));
    await clock.run(backfill.work());
  }
}

/** How often the bad bar was asked for after the first `before` calls. */
function asked({ source }: SmallBackfill, before = 0): number {
  const isOfBad = ({ request }: ScriptedCall) => contains(request.interval, BAD) && request.symbols.includes("B");
  return source.calls.slice(before).filter(isOfBad).length;
}

describe("a bar that stays bad", () => {
  it("is asked for again once, alone, and then once a day, however many ticks there are", async () => {
    const small = withOneBadBar();
    await tickAndWork(small, 30);
    // 30, one a tick, when it was nobody's to remember.
    expect(asked(small)).toBe(2);
    await tickAndWork(small, 20, [job], DAY_MS / 20);
    expect(asked(small)).toBe(3);
  });

  it("is lacking in every report, and what else there is comes", async () => {
    const small = withOneBadBar();
    await tickAndWork(small, 5);
    const wish = { symbols: ["A", "B"], timeframes: ["1Min"], start: NOON - DAY_MS } as const;
    const report = await small.clock.run(small.backfill.report(wish));
    expect(report.complete).toBe(false);
    expect(report.gaps).toMatchObject([{ series: { symbol: "B" }, intervals: [{ start: BAD, end: BAD + MINUTE_MS }] }]);
    expect(await small.backfill.status()).toContainEqual(expect.objectContaining({ state: "failed", runs: 2 }));
  });

  it("is asked for by who puts it back, and by who plans it", async () => {
    const small = withOneBadBar();
    await tickAndWork(small, 3);
    const before = small.source.calls.length;
    expect(await small.backfill.retryFailed({ label: "US_BATCH_1" })).toBe(2);
    await small.clock.run(small.backfill.work());
    expect(asked(small, before)).toBe(2);
    const first = small.source.calls.length;
    const wish = { symbols: ["B"], timeframes: ["1Min"], start: NOON - DAY_MS } as const;
    const report = await small.clock.run(small.backfill.run(wish));
    expect(report.failed).toMatchObject([{ error: { code: "SOURCE_DATA_INVALID" } }]);
    expect(asked(small, first)).toBe(1);
  });

  it("of a window that is asked for again costs a request a period, not a tick", async () => {
    const small = withOneBadBar();
    const again = { ...job, reask: { days: 2, everyHours: 24 } };
    await tickAndWork(small, 30, [again]);
    expect(asked(small)).toBe(2);
  });
});

it("what failed in any other way is asked for by the next tick", async () => {
  const script = () => new SourceRejectedError("not today", { status: 422 });
  const small = smallBackfill({ bars: {}, script }, { clock: fakeClock({ now: NOON }) });
  await tickAndWork(small, 4);
  expect(small.source.calls.length).toBeGreaterThanOrEqual(4);
});

it("is asked for by every tick where the queue cannot tell why runs have failed", async () => {
  const clock = fakeClock({ now: NOON });
  const { failures: _, ...queue } = memoryQueue({ clock });
  const source = { bars: { B: bars((at) => at === BAD) }, limits: { pageSize: 10_000 }, pageSize: 10_000 };
  const small = smallBackfill(source, { clock, queue });
  await tickAndWork(small, 5);
  expect(asked(small)).toBe(5);
});

it("holds up nothing that a tick planned where the queue fails to tell why runs have failed", async () => {
  const clock = fakeClock({ now: NOON });
  const failures = async () => Promise.reject(new StoreError("57014", { disposition: "retry" }));
  const small = smallBackfill({ bars: {} }, { clock, queue: { ...memoryQueue({ clock }), failures } });
  expect(await clock.run(small.backfill.tick([job]))).toBeGreaterThan(0);
});
