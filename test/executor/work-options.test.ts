import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { SliceQueue } from "../../src/index.ts";
import { END, minuteBars, START, smallBackfill } from "../support/small-backfill.ts";

const CLAIM = { workerId: "other", ttlMs: 60_000 };

async function threeQueued() {
  const small = smallBackfill({
    bars: { A: minuteBars(2), B: minuteBars(2), C: minuteBars(2) },
    limits: { pageSize: 1_000_000 },
  });
  const requests = ["A", "B", "C"].map((symbol) => ({
    symbols: [symbol],
    timeframes: ["1Min" as const],
    start: START,
    end: END,
    label: `JOB_${symbol}`,
  }));
  await small.backfill.enqueue(await small.backfill.plan(requests));
  const slices = await small.queue.open({});
  const statesOf = async () => (await small.queue.counts()).map(({ label, state }) => `${label} ${state}`);
  return { ...small, ids: slices.map(({ id }) => id), statesOf };
}

describe("work", () => {
  it("takes only the runs that are named, and is drained when they are over", async () => {
    const { backfill, clock, ids, statesOf } = await threeQueued();
    const { ended, runs } = await clock.run(backfill.work({ ids: ids.slice(1, 2) }));
    expect([ended, runs.length]).toEqual(["drained", 1]);
    expect(await statesOf()).toEqual(["JOB_A queued", "JOB_B success", "JOB_C queued"]);
    expect((await clock.run(backfill.work({ ids: [] }))).ended).toBe("drained");
  });

  it("works leases that it is given, and claims none", async () => {
    const { backfill, clock, queue, statesOf } = await threeQueued();
    const leases = await queue.lease({ ...CLAIM, token: "a", limit: 2 });
    const { ended, runs } = await clock.run(backfill.work({ leases }));
    expect([ended, runs.map(({ ending }) => ending)]).toEqual(["enough", ["success", "success"]]);
    expect(await statesOf()).toEqual(["JOB_A success", "JOB_B success", "JOB_C queued"]);
  });

  it("refuses numbers that would be no bound, before anything is done", async () => {
    const { backfill, source, queue } = await threeQueued();
    const wrong = {
      ...{ requestsPerMinute: Number.NaN, symbolsPerRequest: 0, maxRuns: -1, deadline: Number.NaN },
      ...{ signal: {} as AbortSignal, requestPerMinute: 3 },
    };
    const problems = { code: "OPTIONS_INVALID", issues: expect.objectContaining({ length: 6 }) };
    await expect(backfill.work(wrong)).rejects.toMatchObject(problems);
    await expect(backfill.run([], wrong)).rejects.toMatchObject(problems);
    for (const requestsPerMinute of [0, -5, Number.POSITIVE_INFINITY]) {
      await expect(backfill.work({ requestsPerMinute })).rejects.toMatchObject({
        issues: [{ path: "requestsPerMinute", expected: "a finite number above 0", received: `${requestsPerMinute}` }],
      });
    }
    expect(source.calls).toEqual([]);
    expect((await queue.counts({ states: ["queued"] })).length).toBe(3);
  });

  it("takes every option, or undefined in its place", async () => {
    const { backfill, clock } = await threeQueued();
    const { signal } = new AbortController();
    const all = {
      signal,
      deadline: Number.POSITIVE_INFINITY,
      maxRuns: 2,
      symbolsPerRequest: 1,
      requestsPerMinute: 0.5,
      wait: false,
    };
    expect((await clock.run(backfill.work(all))).ended).toBe("enough");
    expect((await clock.run(backfill.work({ maxRuns: Number.POSITIVE_INFINITY }))).ended).toBe("drained");
  });

  it("has no timer for a deadline that never comes, to which a simulated clock would go while the queue is asked", async () => {
    const inner = memoryQueue();
    const queue: SliceQueue = {
      ...inner,
      async lease(claim) {
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
        return inner.lease(claim);
      },
    };
    const { backfill, clock } = smallBackfill({ bars: {} }, { queue });
    expect((await clock.run(backfill.work({ deadline: Number.POSITIVE_INFINITY }))).ended).toBe("drained");
    expect(clock.now()).toBeLessThan(Number.POSITIVE_INFINITY);
  });

  it("does not wait for others where it need not", async () => {
    const { backfill, clock, queue, statesOf } = await threeQueued();
    await queue.lease({ ...CLAIM, token: "a", limit: 1 });
    const before = clock.now();
    expect((await clock.run(backfill.work({ wait: false }))).ended).toBe("idle");
    expect(clock.now()).toBe(before);
    expect(await statesOf()).toEqual(["JOB_A running", "JOB_B success", "JOB_C success"]);
  });
});
