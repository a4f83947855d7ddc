import { describe, expect, it } from "vitest";
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

  it("does not wait for others where it need not", async () => {
    const { backfill, clock, queue, statesOf } = await threeQueued();
    await queue.lease({ ...CLAIM, token: "a", limit: 1 });
    const before = clock.now();
    expect((await clock.run(backfill.work({ wait: false }))).ended).toBe("idle");
    expect(clock.now()).toBe(before);
    expect(await statesOf()).toEqual(["JOB_A running", "JOB_B success", "JOB_C success"]);
  });
});
