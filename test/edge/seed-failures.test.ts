import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import { SourceAccessError } from "../../src/errors.ts";
import { type JobDefinition, logObserver } from "../../src/index.ts";
import { END, START } from "../support/small-backfill.ts";
import { heldHours, hourBars, jobOf, smallEdge, symbolsNamed } from "../support/small-edge.ts";

// How the system that barfill replaces failed. The first failure, functions that did not boot, is tested where they
// boot: in deno.test.ts. The fifth and the sixth, claims through the client and open doors, are the Supabase adapter's.

const BATCH_1 = symbolsNamed("S", 50);

describe("2. jobs that failed because of another part", () => {
  it("no run fails while the batch function is down, and no label is ever asked for as a symbol", async () => {
    const asked = new Set<string>();
    const edge = smallEdge({
      jobs: [jobOf("US_BATCH_1", BATCH_1), jobOf("US_BATCH_2", ["T1", "T2"])],
      dispatch: async () => new Response('{"code":"BOOT_ERROR"}', { status: 503 }),
      script: ({ request }) => {
        for (const symbol of request.symbols) asked.add(symbol);
        return undefined;
      },
    });
    expect((await edge.act("tick")).body).toMatchObject({ success: 2, failed: 0 });
    expect([...asked].sort()).toEqual([...BATCH_1, "T1", "T2"].sort());
    expect(edge.eventsOf("quarantined")).toEqual([]);
  });

  it.each(["batch", "single"] as const)("the %s function takes no label for a symbol", async (name) => {
    const edge = smallEdge();
    const range = { timeframe: "m15", from: START, to: END };
    const body = name === "batch" ? { symbols: ["US_BATCH_1"], ...range } : { symbol: "US_BATCH_1", ...range };
    expect((await edge.post(edge.functions[name](), body)).status).toBe(400);
    expect(edge.source.calls).toEqual([]);
  });
});

describe("3. a queue that stops itself", () => {
  const jobs = symbolsNamed("JOB_", 8).map((label, i) => jobOf(label, [`S${i + 1}`]));

  it("five runs hung by killed workers hold the queue up no longer than their leases, and the log says so", async () => {
    const lines: string[] = [];
    const edge = smallEdge({
      jobs,
      queue: (clock) => memoryQueue({ clock }),
      backfill: { observer: logObserver({ write: (line) => lines.push(line), level: "warn" }) },
    });
    // A worker claims five, as many as may run, and is killed.
    await edge.queue.enqueue(await plannedFor(jobs));
    await edge.queue.lease({ workerId: "killed-1", token: "killed", limit: 5, ttlMs: 60_000 });
    await edge.clock.advance(30_000);

    const during = await edge.act("tick");
    expect(during.body).toMatchObject({ claimed: 0, queued: 3, running: 5 });
    expect(during.body.note).toBe(
      "3 queued, but 5 are running and 5 may: the longest for 30 s, by killed-1, whose lease ends at " +
        "2024-01-03T00:01:00.000Z unless it is renewed",
    );
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { level: 40, event: "ticked", stuck: true, queued: 3, msg: `the queue is stuck: ${during.body.note}` },
    ]);

    await edge.clock.advance(30_000);
    const after = await edge.act("tick");
    expect(after.body).toMatchObject({ claimed: 8, success: 8, queued: 0, running: 0 });
  });

  /** What a tick would queue. */
  async function plannedFor(jobs: readonly JobDefinition[]) {
    const planner = smallEdge({ jobs, script: () => new SourceAccessError("forbidden", { hint: "" }) });
    await planner.act("tick");
    return planner.queue.open({});
  }
});

describe('4. "the batch API returns only the first symbol"', () => {
  it("every page is followed, and a run whose pages were cut short is no success", async () => {
    // 50 symbols of 5 bars on pages of 3: the first page holds nothing but the first symbol.
    const edge = smallEdge({ jobs: [jobOf("US_BATCH_1", BATCH_1)], dispatch: (batch, request) => batch(request) });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ success: 1, bars: 250, requests: 84 });
    for (const symbol of BATCH_1) expect(await heldHours(edge.store, symbol)).toEqual(hourBars(5));

    const cut = smallEdge({
      jobs: [jobOf("US_BATCH_1", BATCH_1)],
      backfill: { retry: { runAttempts: 1, pageAttempts: 1 } },
      // A page that says it is the last, and settles only what it holds.
      script: (_, honest) => {
        const { next: _next, ...page } = honest();
        return page;
      },
    });
    expect((await cut.act("tick")).body).toMatchObject({ success: 0, failed: 1 });
  });
});
