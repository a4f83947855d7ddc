import { expect, test } from "vitest";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import type { BarPage } from "../../src/contracts/bar-source.ts";
import type { RetryOptions, RunResult, SliceQueue } from "../../src/contracts/slice-queue.ts";
import { SourceUnavailableError } from "../../src/errors.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";
import type { BackfillOptions } from "../../src/index.ts";
import type { Bar } from "../../src/model/bar.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import type { ScriptedCall, ScriptedSourceOptions } from "../../src/testing/scripted-source.ts";
import { END, held, minuteBars, START, smallBackfill } from "../support/small-backfill.ts";

const HOUR_MS = 3_600_000;

/** When a run that failed once may be leased again, in ms of the queue's clock from now. */
async function putBackBy(aheadMs: number): Promise<number> {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const ours = { ...clock, now: () => clock.now() + aheadMs };
  const queue = memoryQueue({ clock });
  const delays: number[] = [];
  const watched = {
    ...queue,
    retry(lease: Parameters<typeof queue.retry>[0], options: RetryOptions) {
      delays.push(options.notBefore - clock.now());
      return queue.retry(lease, options);
    },
  };
  const { backfill } = smallBackfill(
    {
      bars: { A: minuteBars(1) },
      script: ({ call }) => (call === 1 ? new SourceUnavailableError("gone for a moment") : undefined),
    },
    { clock: ours, queue: watched, leaseMs: 10_000, retry: { pageAttempts: 1, baseDelayMs: 500 } },
  );
  const report = await clock.run(backfill.run({ symbols: ["A"], timeframes: ["1Min"], start: START, end: END }));
  expect(report.complete).toBe(true);
  expect(delays).toHaveLength(1);
  return delays[0] as number;
}

// 500 ms times four, three quarters of it by the middling chance.
test("a run is put back for the time of its backoff", async () => {
  expect(await putBackBy(0)).toBe(1500);
});

test("it waits no longer than its lease on top of that, where our clock is hours ahead of the queue's", async () => {
  expect(await putBackBy(2 * HOUR_MS)).toBe(11_500);
});

test("and waits all the same where our clock is hours behind", async () => {
  expect(await putBackBy(-2 * HOUR_MS)).toBe(1500);
});

const DEAD = { workerId: "dead", limit: 1, ttlMs: 10_000 };
const A = { symbols: ["A"], timeframes: ["1Min" as const], start: START, end: END };

/** A queue with one run, whose lease ran out so often. */
async function expired(times: number) {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const queue = memoryQueue({ clock });
  const leased = async (sourceOptions: ScriptedSourceOptions, options: Partial<BackfillOptions> = {}) => {
    const small = smallBackfill(sourceOptions, { clock, queue, ...options });
    await small.backfill.enqueue(await small.backfill.plan(A));
    for (let i = 0; i < times; i++) {
      expect(await queue.lease({ ...DEAD, token: `dead ${i}` })).toHaveLength(1);
      await clock.advance(DEAD.ttlMs);
    }
    return small;
  };
  return { clock, queue, leased };
}

test("a run whose workers were killed again and again still has all its attempts for errors", async () => {
  const { clock, leased } = await expired(DEFAULT_RETRY.runExpiries - 1);
  const script = ({ call }: { readonly call: number }) =>
    call < DEFAULT_RETRY.runAttempts ? new SourceUnavailableError("gone for a moment") : undefined;
  const { backfill, types } = await leased({ bars: { A: minuteBars(1) }, script }, { retry: { pageAttempts: 1 } });
  const { runs, ended } = await clock.run(backfill.work());
  expect(ended).toBe("drained");
  expect(runs.map(({ ending }) => ending)).toEqual(["retried", "retried", "retried", "retried", "success"]);
  expect(types()).not.toContain("failed");
});

test("a run whose leases ran out too often is failed by who leases it next, unworked, and says why", async () => {
  for (const runExpiries of [undefined, 3]) {
    const most = runExpiries ?? DEFAULT_RETRY.runExpiries;
    const { clock, queue, leased } = await expired(most);
    const retry = runExpiries === undefined ? {} : { runExpiries };
    const { backfill, source, events } = await leased({ bars: { A: minuteBars(1) } }, { retry });
    const { runs, ended } = await clock.run(backfill.work());
    expect({ ended, endings: runs.map(({ ending }) => ending) }).toEqual({ ended: "drained", endings: ["failed"] });
    expect(source.calls).toEqual([]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "failed",
        error: { code: "RUN_ABANDONED", message: expect.stringMatching(`^${most} leases on slice`) },
      }),
    );
    // Whoever has mended the cause puts it back, and it begins anew.
    expect(await queue.requeue({})).toBe(1);
    expect((await clock.run(backfill.work())).runs.map(({ ending }) => ending)).toEqual(["success"]);
  }
});

/** Settles nothing before the last page, so that whoever takes the run up again is sent every bar again. */
function settlesLast(_: ScriptedCall, honest: () => BarPage): BarPage {
  const page = honest();
  return page.next === undefined ? page : { ...page, covered: [] };
}

test.each<[string, ScriptedSourceOptions["script"]]>([
  ["what is covered is not asked for again", undefined],
  ["every bar is sent again", settlesLast],
])("a run worked in several sittings counts all its requests, and every bar once: %s", async (_, script) => {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const queue = memoryQueue({ clock });
  const records: RunResult[] = [];
  const { backfill, source, store, events } = smallBackfill(
    {
      bars: { A: minuteBars(9) },
      limits: { pageSize: 1000 },
      async script(call, honest) {
        await clock.sleep(1000);
        return script?.(call, honest);
      },
    },
    { clock, queue, leaseMs: 60_000 },
  );
  await backfill.enqueue(await backfill.plan(A));
  // Handed back after two pages of three, long before the first heartbeat.
  const stop = new AbortController();
  const first = backfill.work({ signal: stop.signal });
  await clock.advance(2500);
  stop.abort();
  expect((await clock.run(first)).runs.map(({ ending }) => ending)).toEqual(["returned"]);
  expect(await queue.counts()).toEqual([{ state: "queued", runs: 1, bars: 6 }]);
  const [lease] = await queue.lease({ ...DEAD, token: "look" });
  expect(lease?.before).toEqual({ percent: script === undefined ? expect.any(Number) : 0, bars: 6, requests: 3 });
  if (lease !== undefined) await queue.retry(lease, { notBefore: 0, attemptSpent: false });

  expect((await clock.run(backfill.work())).runs.map(({ ending }) => ending)).toEqual(["success"]);
  for (const event of events) if (event.type === "completed") records.push(event.result);
  expect(records).toEqual([{ bars: 9, requests: source.calls.length }]);
  expect(await held(store, "A")).toHaveLength(9);
  expect(await queue.counts()).toEqual([{ state: "success", runs: 1, bars: 9 }]);
});

test("a run whose worker is killed keeps what its last heartbeat told, and counts no bar twice", async () => {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const queue = memoryQueue({ clock });
  const store = memoryStore();
  let isDead = false;
  const over = { clock, store, leaseMs: 6000 };
  const sourceOptions: ScriptedSourceOptions = {
    bars: { A: minuteBars(12) },
    limits: { pageSize: 1000 },
    async script(call, honest) {
      await clock.sleep(900);
      // The dead one is never answered.
      if (isDead) await new Promise(() => {});
      return settlesLast(call, honest);
    },
  };
  const dying = smallBackfill(sourceOptions, {
    ...over,
    // Nothing of the dead one reaches the queue.
    queue: { ...queue, renew: (...args) => (isDead ? new Promise(() => {}) : queue.renew(...args)) },
  });
  await dying.backfill.enqueue(await dying.backfill.plan(A));
  void dying.backfill.work();
  // Two pages before the heartbeat at 2000, and a third one after it.
  await clock.advance(2800);
  isDead = true;
  expect(await queue.counts()).toEqual([{ state: "running", runs: 1, bars: 6 }]);
  await clock.advance(6000);

  const next = smallBackfill({ ...sourceOptions, script: settlesLast }, { ...over, queue });
  const { runs } = await clock.run(next.backfill.work());
  expect(runs.map(({ ending, tally }) => [ending, tally.inserted, tally.unchanged])).toEqual([["success", 3, 9]]);
  // Three bars were written and never told of.
  expect(await queue.counts()).toEqual([{ state: "success", runs: 1, bars: 9 }]);
});

test("progress goes on from what is covered already, to the whole", async () => {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const queue = memoryQueue({ clock });
  const percents: number[] = [];
  const watched: SliceQueue = {
    ...queue,
    renew(lease, progress, ttlMs) {
      percents.push(progress.percent);
      return queue.renew(lease, progress, ttlMs);
    },
  };
  const bars = Array.from({ length: 4 }, (_, i) => ({
    ...minuteBars(1)[0],
    openTime: START + (i * (END - START)) / 4,
  }));
  const { backfill } = smallBackfill(
    {
      bars: { A: bars as Bar[] },
      pageSize: 1,
      limits: { pageSize: 1000 },
      script: async () => void (await clock.sleep(1000)),
    },
    { clock, queue: watched, leaseMs: 3000 },
  );
  await backfill.enqueue(await backfill.plan(A));
  const stop = new AbortController();
  const first = backfill.work({ signal: stop.signal });
  await clock.advance(3500);
  stop.abort();
  await clock.run(first);
  percents.length = 0;
  const second = backfill.work();
  await clock.run(second);
  expect(percents[0]).toBeGreaterThanOrEqual(50);
  expect((await second).runs.map(({ ending }) => ending)).toEqual(["success"]);
});
