import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import { RateLimitedError, SourceAccessError, SourceDataError, StoreError } from "../../src/errors.ts";
import { minuteBars, sliceOf } from "../support/small-backfill.ts";
import { heldHours, hourBars, jobOf, type SmallEdge, smallEdge, symbolsNamed } from "../support/small-edge.ts";

const JOBS = [jobOf("US_BATCH_1", ["A", "B"]), jobOf("US_BATCH_2", ["C"])];

describe("tick", () => {
  it("queues what the definitions lack, works it, and finds nothing to do the second time", async () => {
    const edge = smallEdge({ jobs: [...JOBS, jobOf("OFF", ["D"], { enabled: false })] });
    const first = await edge.act("tick");
    expect(first.status).toBe(200);
    expect(first.body).toMatchObject({
      enqueued: 2,
      claimed: 2,
      success: 2,
      bars: 15,
      requests: 6,
      queued: 0,
      running: 0,
    });
    expect(await heldHours(edge.store, "B")).toEqual(hourBars(5));
    const second = await edge.act("tick");
    expect(second.body).toMatchObject({ enqueued: 0, claimed: 0, requests: 0, note: "nothing is left to do" });
    expect(await edge.queue.counts({ label: "OFF" })).toEqual([]);
  });

  it("hands everything back when its time is up, and goes on with the next tick where it was", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      script: ({ call }) => (call === 3 ? new RateLimitedError("wait", { retryAfterMs: 55_000 }) : undefined),
    });
    const first = await edge.act("tick");
    expect(first.body).toMatchObject({ success: 1, handed_back: 1, queued: 1, running: 0, duration_ms: 50_000 });
    expect(first.body.note).toBe("the time was up, 1 queued for the next tick");
    await edge.clock.advance(10_000);
    const second = await edge.act("tick");
    expect(second.body).toMatchObject({ enqueued: 0, success: 1, queued: 0 });
    expect(first.body.bars + second.body.bars).toBe(15);
    expect(edge.eventsOf("leased").every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it("works no more than five runs at a time, and all of them in the end", async () => {
    const jobs = symbolsNamed("S", 12).map((symbol, i) => jobOf(`JOB_${i + 1}`, [symbol]));
    let most = 0;
    const edge = smallEdge({
      jobs,
      script: async () => {
        most = Math.max(most, (await edge.queue.running({})).length);
        await edge.clock.sleep(1000);
        return undefined;
      },
    });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ enqueued: 12, claimed: 12, success: 12 });
    expect(most).toBe(5);
  });

  it("stops at once at what would fail everywhere, says why, and puts the runs back unspent", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      script: () => new SourceAccessError("forbidden", { hint: "Check the keys" }),
    });
    const { status, body } = await edge.act("tick");
    expect(status).toBe(502);
    expect(body).toMatchObject({
      halted: { code: "SOURCE_ACCESS" },
      failed: 0,
      queued: 2,
      note: "halted: SOURCE_ACCESS",
    });
    expect(await edge.queue.lease({ workerId: "w", token: "t", limit: 5, ttlMs: 1000 })).toMatchObject([
      { attempt: 1 },
      { attempt: 1 },
    ]);
  });

  it("answers 503 with the reason when the queue is broken, after the runs under way came back", async () => {
    let claims = 0;
    const edge = smallEdge({
      jobs: JOBS,
      queue: () => {
        const { queue } = smallEdge();
        return {
          ...queue,
          async lease(options) {
            if (++claims > 1) throw new StoreError("the database is full", { disposition: "halt", sqlState: "53100" });
            return queue.lease(options);
          },
        };
      },
    });
    const { status, body } = await edge.act("tick");
    expect([status, body.halted]).toEqual([502, { code: "STORE_FAILED", message: "the database is full" }]);
    expect(await edge.queue.counts({ states: ["running"] })).toEqual([]);
  });

  it("asks again under the same token when the answer of a claim is lost, and takes no second run", async () => {
    const tokens: string[] = [];
    const edge = smallEdge({
      jobs: symbolsNamed("S", 12).map((symbol, i) => jobOf(`JOB_${i + 1}`, [symbol])),
      queue(clock) {
        const queue = memoryQueue({ clock });
        return {
          ...queue,
          async lease(options) {
            tokens.push(options.token);
            const leases = await queue.lease(options);
            if (tokens.length % 3 === 1) throw new StoreError("no answer", { disposition: "retry" });
            return leases;
          },
        };
      },
    });
    const { status, body } = await edge.act("tick");
    expect([status, body.claimed, body.success, body.running]).toEqual([200, 12, 12, 0]);
    expect(edge.eventsOf("completed")).toHaveLength(12);
    const lost = edge.eventsOf("queue-failing").length;
    expect(lost).toBeGreaterThan(4);
    expect(tokens.length - new Set(tokens).size).toBe(lost);
  });

  it("stays within its time while the queue fails, and halts at what no try can heal", async () => {
    const failing = (disposition: "retry" | "halt") =>
      smallEdge({
        jobs: JOBS,
        queue: (clock) => ({
          ...memoryQueue({ clock }),
          lease: async () => {
            throw new StoreError("the server is shutting down", { disposition, sqlState: "57P01" });
          },
        }),
      });
    const passing = failing("retry");
    const { status, body } = await passing.act("tick");
    expect([status, body.claimed, body.queued, body.duration_ms]).toEqual([200, 0, 2, 48_000]);
    expect(body.note).toBe("2 queued, but the queue failed until the time was up: the server is shutting down");
    expect(passing.eventsOf("queue-failing").length).toBeGreaterThan(10);
    const lasting = await failing("halt").act("tick");
    expect([lasting.status, lasting.body.halted.code, lasting.body.duration_ms]).toEqual([502, "STORE_FAILED", 0]);
  });

  it("loses one definition to one that cannot be planned, and names it", async () => {
    const edge = smallEdge({ jobs: [jobOf("US_BATCH_9", ["US_BATCH_9"]), ...JOBS], bars: { A: minuteBars(1) } });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ enqueued: 2, success: 2 });
    expect(body.refused_definitions).toMatchObject([{ label: "US_BATCH_9", timeframe: "1Hour" }]);
    expect(body.refused_definitions[0].message).toContain("a symbol, not the label");
  });

  it("says that queued runs wait for their next try", async () => {
    const edge = smallEdge({ jobs: JOBS });
    await edge.act("tick");
    await edge.queue.enqueue(await retried(edge));
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ claimed: 0, queued: 1, note: "1 queued, none due: they wait for their next try" });
    expect(edge.eventsOf("ticked").at(-1)).toMatchObject({ stuck: true, claimed: 0, queued: 1 });
  });
});

function later({ provider = "scripted" } = {}) {
  return sliceOf({ provider, label: "LATER", symbols: ["Z"] });
}

/** A run of another label that is due in an hour. */
async function retried({ queue, clock }: SmallEdge) {
  await queue.enqueue([later()]);
  const [lease] = await queue.lease({ workerId: "w", token: "t", limit: 1, ttlMs: 1000 });
  if (lease !== undefined) await queue.retry(lease, { notBefore: clock.now() + 3_600_000, attemptSpent: true });
  return [];
}

describe("status", () => {
  it("shows the queue by label and state, what is running since when, and what is next", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      script: ({ request }) => (request.symbols[0] === "C" ? new SourceDataError("bad") : undefined),
    });
    await edge.act("tick");
    const { body } = await edge.act("status");
    expect(body).toEqual({
      at: "2024-01-03T00:00:00.000Z",
      max_concurrent_runs: 5,
      counts: [
        { label: "US_BATCH_1", state: "success", runs: 1, bars: 10 },
        { label: "US_BATCH_2", state: "failed", runs: 1, bars: 0 },
      ],
      running: [],
      queued: 0,
      next: [],
    });
    expect((await edge.act("retry_failed")).body).toEqual({ requeued: 1 });
    await edge.queue.lease({ workerId: "w1", token: "t", limit: 1, ttlMs: 60_000 });
    await edge.clock.advance(90_000);
    expect((await edge.act("status")).body.running).toMatchObject([
      { label: "US_BATCH_2", timeframe: "1Hour", symbols: 1, worker: "w1", held_for_s: 90, expires_in_s: -30 },
    ]);
  });

  it("lists the next ten in their order", async () => {
    const jobs = symbolsNamed("S", 12).map((symbol, i) => jobOf(`JOB_${i + 1}`, [symbol], { priority: i }));
    let read = 0;
    const edge = smallEdge({
      jobs,
      script: () => new SourceAccessError("forbidden", { hint: "" }),
      queue(clock) {
        const queue = memoryQueue({ clock });
        const open: typeof queue.open = async (filter) => {
          const slices = await queue.open(filter);
          read += slices.length;
          return slices;
        };
        return { ...queue, open };
      },
    });
    await edge.act("tick");
    read = 0;
    const { body } = await edge.act("status");
    expect([body.queued, body.next.length, body.next[0].label]).toEqual([12, 10, "JOB_12"]);
    // Not all that is queued, to show the first ten.
    expect(read).toBe(10);
  });
});

describe("retry_failed", () => {
  it("puts failed runs back, all or those of a label and timeframe", async () => {
    const edge = smallEdge({ jobs: JOBS, script: () => new SourceDataError("bad") });
    await edge.act("tick");
    expect((await edge.act("retry_failed&label=US_BATCH_1&timeframe=h4")).body).toEqual({ requeued: 0 });
    expect((await edge.act("retry_failed&label=US_BATCH_1&timeframe=h1")).body).toEqual({ requeued: 1 });
    expect((await edge.act("retry_failed")).body).toEqual({ requeued: 1 });
    expect((await edge.act("retry_failed&timeframe=h3")).status).toBe(400);
    expect((await edge.act("retry_failed&label=US%00")).body.error).toMatchObject({ code: "LABEL" });
  });

  it("leaves those of another source, on the same queue, as they are", async () => {
    const edge = smallEdge();
    await edge.queue.enqueue([later({ provider: "another" }), later()]);
    for (const lease of await edge.queue.lease({ workerId: "w", token: "t", limit: 2, ttlMs: 1000 })) {
      await edge.queue.fail(lease, { code: "X", message: "x" });
    }
    expect((await edge.act("retry_failed")).body).toEqual({ requeued: 1 });
    expect(await edge.queue.open({})).toMatchObject([{ provider: "scripted" }]);
  });
});

it("answers 400 to an action that it does not know", async () => {
  const { status, body } = await smallEdge().act("tock");
  expect([status, body.error.message]).toEqual([400, "expected ?action= with tick, status, retry_failed or health"]);
});
