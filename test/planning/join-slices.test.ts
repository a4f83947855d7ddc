import { describe, expect, it } from "vitest";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { StoreError } from "../../src/errors.ts";
import type { JobDefinition } from "../../src/index.ts";
import { type Slice, seriesOf } from "../../src/model/slice.ts";
import { DAY_MS, MINUTE_MS } from "../../src/model/units.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { slowQueue } from "../support/slow-queue.ts";
import { type SmallBackfill, smallBackfill } from "../support/small-backfill.ts";

const NOON = Date.UTC(2024, 5, 3, 12);
const SOURCE = { bars: {}, pageSize: 10_000, limits: { pageSize: 10_000 } };
type Parts = NonNullable<Parameters<typeof smallBackfill>[1]>;

function jobs(count: number, changes: Partial<JobDefinition> = {}): JobDefinition[] {
  return Array.from({ length: count }, (_, i) => ({
    ...{ label: `THIN_${i + 1}`, symbols: [`S${i}`], timeframe: "1Min" as const },
    ...{ windowDays: 1, priority: 0, enabled: true, ...changes },
  }));
}

/** What the jobs lacked at noon is held, and taught nothing; every later tick finds a minute more. */
async function atNoon(wanted: readonly JobDefinition[], parts: Parts = {}) {
  const clock = (parts.clock as FakeClock | undefined) ?? fakeClock({ now: NOON });
  const small = smallBackfill(SOURCE, { clock, concurrency: 1, ...parts });
  await clock.run(small.backfill.tick(wanted));
  for (const slice of await clock.run(small.queue.open({}))) {
    await small.store.commit(
      [],
      seriesOf(slice).map((series) => ({ series, interval: slice.interval })),
    );
  }
  await clock.run(small.queue.cancel({}));
  return small;
}

async function ticks({ backfill, clock }: SmallBackfill, count: number, wanted: readonly JobDefinition[]) {
  for (let tick = 0; tick < count; tick++) {
    await clock.advance(MINUTE_MS);
    await clock.run(backfill.tick(wanted));
  }
}

const spansOf = (slices: readonly Slice[]) =>
  slices.map(({ label, interval }) => [label, (interval.end - interval.start) / MINUTE_MS]);

/** How often each minute of each symbol was asked for. */
function timesAsked({ calls }: SmallBackfill["source"]): Map<string, number> {
  const asked = new Map<string, number>();
  for (const { request, cursor } of calls) {
    if (cursor !== undefined) continue;
    for (const symbol of request.symbols) {
      for (let at = request.interval.start; at < request.interval.end; at += MINUTE_MS) {
        asked.set(`${symbol} ${at}`, (asked.get(`${symbol} ${at}`) ?? 0) + 1);
      }
    }
  }
  return asked;
}

describe("what ticks queue while no worker runs", () => {
  it("costs a request a job, however many ticks there were, and every bar once", async () => {
    const wanted = jobs(20);
    const small = await atNoon(wanted);
    await ticks(small, 240, wanted);
    expect(spansOf(await small.queue.open({}))).toEqual(wanted.map(({ label }) => [label, 240]));
    await small.clock.run(small.backfill.work());
    // 4,800, one a job and tick, when they were left as they were queued.
    expect(small.source.calls).toHaveLength(20);
    const asked = timesAsked(small.source);
    expect(asked.size).toBe(20 * 240);
    expect(new Set(asked.values())).toEqual(new Set([1]));
  });

  it("is no more than a page is expected to hold, a slice", async () => {
    const wanted = jobs(1, { symbols: Array.from({ length: 2500 }, (_, i) => `S${i}`) });
    const small = await atNoon(wanted);
    // A symbol has 1,440 minutes a day: 10,000 bars are four minutes of 2,500.
    await ticks(small, 10, wanted);
    expect(spansOf(await small.queue.open({})).map(([, minutes]) => minutes)).toEqual([4, 4, 2]);
  });

  it("keeps apart what differs in label, priority or symbols, and leaves alone what asks again", async () => {
    const wanted = [
      ...jobs(1),
      ...jobs(1, { label: "OTHER", symbols: ["S0", "S1"] }),
      ...jobs(1, { label: "DEAR", symbols: ["S2"], priority: 5 }),
      ...jobs(1, { label: "AGAIN", symbols: ["S3"], reask: { days: 1, everyHours: 1 } }),
    ];
    const small = await atNoon(wanted);
    await ticks(small, 5, wanted);
    const open = await small.queue.open({});
    expect(spansOf(open.filter(({ again }) => again === undefined))).toEqual([
      ["DEAR", 5],
      ["THIN_1", 5],
      ["OTHER", 5],
      ["AGAIN", 5],
    ]);
    await ticks(small, 60, wanted);
    // One an hour, each of a day.
    const again = (await small.queue.open({})).filter((slice) => slice.again !== undefined);
    expect(spansOf(again).map(([, minutes]) => minutes)).toEqual([1440, 1440]);
  });

  it("keeps its turn: none waits for ever for a worker that takes two a tick", async () => {
    const wanted = jobs(6);
    const small = await atNoon(wanted);
    const worked: (string | undefined)[] = [];
    for (let tick = 0; tick < 6; tick++) {
      await ticks(small, 1, wanted);
      const { runs } = await small.clock.run(small.backfill.work({ maxRuns: 2 }));
      worked.push(...runs.map(({ slice }) => slice.label));
    }
    expect(worked).toEqual([...wanted, ...wanted].map(({ label }) => label));
  });

  it("leaves alone what a worker has, and what was tried before", async () => {
    const wanted = jobs(2);
    const small = await atNoon(wanted);
    await ticks(small, 1, wanted);
    const claim = { workerId: "other", ttlMs: DAY_MS, limit: 1 };
    await small.queue.lease({ ...claim, token: "a" });
    const [tried] = await small.queue.lease({ ...claim, token: "b" });
    if (tried === undefined) throw new Error("nothing to lease");
    await small.queue.retry(tried, { notBefore: 0, attemptSpent: true });
    await ticks(small, 1, wanted);
    expect(spansOf(await small.queue.open({}))).toEqual(["THIN_1", "THIN_2", "THIN_1", "THIN_2"].map((l) => [l, 1]));
    const [again] = await small.queue.lease({ ...claim, token: "c" });
    expect(again).toMatchObject({ attempt: 2, slice: { id: tried.slice.id } });
  });

  it("is queued once, and all of it, by ticks of five processes at once whose clocks differ", async () => {
    const clock = fakeClock({ now: NOON });
    const wanted = jobs(4);
    const memory = memoryQueue({ clock });
    const slow = slowQueue(memory, clock);
    const shared = { clock, store: memoryStore(), queue: slow };
    const first = await atNoon(wanted, shared);
    const ahead = { ...clock, now: () => clock.now() + MINUTE_MS };
    const more = [clock, ahead, clock, ahead].map((one) => smallBackfill(SOURCE, { ...shared, clock: one }));
    for (let tick = 0; tick < 30; tick++) {
      await clock.advance(MINUTE_MS);
      await clock.run(Promise.all([first, ...more].map(({ backfill }) => backfill.tick(wanted))));
      if (tick % 7 === 3) await clock.run(first.backfill.work({ maxRuns: 2 }));
    }
    await clock.run(first.backfill.work());
    const asked = timesAsked(first.source);
    expect(asked.size).toBe(4 * 31);
    expect(new Set(asked.values())).toEqual(new Set([1]));
    expect(first.source.calls.length).toBeLessThan(30);
  });

  it("is queued all the same where the queue fails while it is joined", async () => {
    const clock = fakeClock({ now: NOON });
    const memory = memoryQueue({ clock });
    let isBroken = false;
    const queue: SliceQueue = {
      ...memory,
      lease: (options) =>
        isBroken ? Promise.reject(new StoreError("08006", { disposition: "retry" })) : memory.lease(options),
    };
    const wanted = jobs(2);
    const small = await atNoon(wanted, { clock, queue });
    isBroken = true;
    await ticks(small, 3, wanted);
    expect((await queue.open({})).length).toBeGreaterThan(4);
    isBroken = false;
    await ticks(small, 1, wanted);
    expect(await queue.open({})).toHaveLength(2);
  });

  it("is told: so many slices for so many, and the pages", async () => {
    const wanted = jobs(3);
    const small = await atNoon(wanted);
    await ticks(small, 2, wanted);
    expect(small.events.filter(({ type }) => type === "resliced")).toMatchObject([
      { before: 6, after: 3, pages: { before: 6, after: 3 } },
    ]);
  });
});
