import { describe, expect, it } from "vitest";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { waitingNews } from "../../src/executor/waiting.ts";
import { OptionsError, SourceUnavailableError } from "../../src/index.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import type { ScriptedSourceOptions } from "../../src/testing/scripted-source.ts";
import { END, minuteBars, START, sliceOf, smallBackfill } from "../support/small-backfill.ts";

const LEASE_MS = 60_000;

/** A queue with runs of A, B and C in it; `looks` has the time of each question who holds what. */
async function threeQueued(script?: ScriptedSourceOptions["script"]) {
  const small = smallBackfill(
    {
      bars: { A: minuteBars(2), B: minuteBars(2), C: minuteBars(2) },
      limits: { pageSize: 1_000_000 },
      ...(script === undefined ? {} : { script }),
    },
    { retry: { pageAttempts: 1, baseDelayMs: 20_000 } },
  );
  const requests = ["A", "B", "C"].map((symbol) => ({
    ...{ symbols: [symbol], timeframes: ["1Min" as const] },
    ...{ start: START, end: END, label: `JOB_${symbol}` },
  }));
  await small.backfill.enqueue(await small.backfill.plan(requests));
  const looks: number[] = [];
  const { running } = small.queue;
  small.queue.running = (filter) => {
    looks.push(small.clock.now());
    return running(filter);
  };
  const told = () => small.events.flatMap((event) => (event.type === "waiting" ? [event] : []));
  return { ...small, began: small.clock.now(), looks, told };
}

function claim(queue: SliceQueue, workerId: string, limit: number) {
  return queue.lease({ workerId, token: workerId, limit, ttlMs: LEASE_MS });
}

describe("a worker with nothing in hand", () => {
  it("tells once whose leases it waits for, and until when", async () => {
    const { backfill, clock, queue, began, looks, told } = await threeQueued();
    await claim(queue, "dead-1", 1);
    await clock.advance(5000);
    await claim(queue, "dead-2", 1);
    expect((await clock.run(backfill.work())).ended).toBe("drained");

    const first = { type: "waiting", queued: 0, running: 2, workers: ["dead-1", "dead-2"], until: began + LEASE_MS };
    expect(told()).toEqual([
      { ...first, at: began + 5000 },
      // The first lease ended and its run was worked; the second is still held.
      { ...first, at: began + LEASE_MS, running: 1, workers: ["dead-2"], until: began + LEASE_MS + 5000 },
    ]);
    expect(looks).toEqual(told().map(({ at }) => at));
  });

  it("works on where who holds what cannot be told", async () => {
    const { backfill, clock, queue, told } = await threeQueued();
    await claim(queue, "dead", 1);
    queue.running = async () => {
      throw new OptionsError([{ path: "queue", expected: "an answer", received: "none" }]);
    };
    expect(await clock.run(backfill.work())).toMatchObject({ ended: "drained" });
    expect(told()).toEqual([]);
  });

  it("tells of a lease that is renewed when it outlives the end that was told, and not before", async () => {
    const { backfill, clock, queue, began, told } = await threeQueued();
    const [lease] = await claim(queue, "alive", 1);
    const work = backfill.work();
    for (let i = 0; i < 8 && lease !== undefined; i++) {
      await clock.advance(20_000);
      await queue.renew(lease, { percent: 0, bars: 0, requests: 0 }, LEASE_MS);
    }
    if (lease !== undefined) await queue.complete(lease, { bars: 0, requests: 0 });
    await clock.run(work);
    expect(told().map(({ at, until = 0 }) => [at - began, until - began])).toEqual([
      [0, 60_000],
      [60_000, 100_000],
      [100_000, 140_000],
      [140_000, 180_000],
    ]);
  });

  it("asks who holds what every 10 s at most, however fast that changes", async () => {
    const { backfill, clock, queue, began, looks, told } = await threeQueued();
    const leases = await claim(queue, "busy", 3);
    const work = backfill.work();
    for (const lease of leases) {
      await clock.advance(4000);
      await queue.complete(lease, { bars: 0, requests: 0 });
    }
    await clock.run(work);
    expect(told().map(({ at, running }) => [at - began, running])).toEqual([
      [0, 3],
      [10_000, 1],
    ]);
    expect(looks).toHaveLength(2);
  });

  it("tells of runs that wait for their next try, without asking who holds what", async () => {
    let refusals = 2;
    const { backfill, clock, looks, told } = await threeQueued(({ request }) =>
      request.symbols.includes("A") && refusals-- > 0 ? new SourceUnavailableError("503") : undefined,
    );
    await clock.run(backfill.work());
    const news = { type: "waiting", at: expect.any(Number), queued: 1, running: 0, workers: [] };
    // Once before the second try, and once before the third.
    expect(told()).toEqual([news, news]);
    expect(looks).toEqual([]);
  });

  it("says nothing where it does not wait", async () => {
    const { backfill, clock, queue, told } = await threeQueued();
    await claim(queue, "other", 1);
    expect((await clock.run(backfill.work({ wait: false }))).ended).toBe("idle");
    expect(told()).toEqual([]);
  });
});

describe("news of what is waited for", () => {
  const open = [{ state: "running" as const, runs: 1, bars: 0 }];

  /** One run that `other` holds until `until`, which has news told every ten seconds, six times. */
  async function sixTimes({ until, between }: { until: number; between?: (news: { forget(): void }) => void }) {
    const clock = fakeClock({ now: 0 });
    const held = { slice: sliceOf(), workerId: "other", attempt: 1, since: 0, expiresAt: until, bars: 0 };
    let told = 0;
    const news = waitingNews({ clock, emit: () => void told++ }, async () => [held]);
    for (let i = 0; i < 6; i++) {
      await news.tell(open);
      await clock.advance(10_000);
      between?.(news);
    }
    return told;
  }

  it("comes once though the queue's clock is behind, where the lease still holds", async () => {
    expect(await sixTimes({ until: 5000 })).toBe(1);
  });

  it("comes again after there was work in between", async () => {
    expect(await sixTimes({ until: LEASE_MS })).toBe(1);
    expect(await sixTimes({ until: LEASE_MS, between: (news) => news.forget() })).toBe(6);
  });
});
