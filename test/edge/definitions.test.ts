import { describe, expect, it } from "vitest";
import { memoryStore } from "../../src/adapters/memory/index.ts";
import { SourceAccessError, StoreError } from "../../src/errors.ts";
import type { JobDefinition } from "../../src/index.ts";
import { heldHours, hourBars, jobOf, smallEdge, symbolsNamed } from "../support/small-edge.ts";

const GOOD = [jobOf("US_BATCH_1", ["A", "B"]), jobOf("US_BATCH_2", ["C"])];
const BARS = { A: hourBars(5), B: hourBars(5), C: hourBars(5) };

/** As a row that was written by hand may be. */
const asRow = (label: string, changes: object) => ({ ...jobOf(label, ["A"]), ...changes }) as JobDefinition;

const WRONG = [
  asRow("OLD_WORDS", { timeframe: "m15" }),
  asRow("NO_LIST", { symbols: "SPY" }),
  asRow("BAD_REASK", { reask: { days: "2" } }),
];

describe("definitions that cannot be planned", () => {
  const refused = [
    { label: "OLD_WORDS", timeframe: "m15", issues: [{ path: "timeframe", received: '"m15"' }] },
    { label: "NO_LIST", timeframe: "1Hour", issues: [{ path: "symbols", expected: "a list of symbols" }] },
    { label: "BAD_REASK", timeframe: "1Hour", issues: [{ path: "reask.days", received: '"2"' }] },
  ];
  const edge = () => smallEdge({ jobs: [...WRONG, ...GOOD], bars: BARS });

  it("cost a tick themselves alone: the others are planned and worked, and the observer hears of each", async () => {
    const { act, eventsOf, store } = edge();
    const { status, body } = await act("tick");
    expect([status, body.enqueued, body.success, body.bars]).toEqual([200, 2, 2, 15]);
    expect(body.refused_definitions).toMatchObject(refused);
    expect(body.refused_definitions[0].message).toContain("timeframe: expected one of 1Min 5Min");
    expect(eventsOf("job-refused")).toMatchObject(refused);
    expect(await heldHours(store, "C")).toEqual(hourBars(5));
  });

  it.each(["status", "health"])("are listed by %s, which is well otherwise", async (action) => {
    const { status, body } = await edge().act(action);
    expect(status).toBe(200);
    expect(body.refused_definitions).toMatchObject(refused);
    expect(await smallEdge({ jobs: GOOD }).act(action)).not.toHaveProperty("body.refused_definitions");
  });
});

it("those that a tick has no time for are planned by later ones, and what is queued is worked meanwhile", async () => {
  const jobs = symbolsNamed("JOB_", 8).map((label, i) => jobOf(label, [`S${i + 1}`]));
  const store = memoryStore();
  const coverage: typeof store.coverage = async (series, within) => {
    await edge.clock.sleep(6000);
    return store.coverage(series, within);
  };
  const edge = smallEdge({ jobs, backfill: { store: { ...store, coverage } } });
  const ticks = [];
  do {
    const from = edge.clock.now();
    // Each of a process of its own.
    const { status, body } = await edge.act("tick", edge.functions.orchestrator());
    expect([status, body.duration_ms <= 50_000, body.success]).toEqual([200, true, body.enqueued]);
    ticks.push(body);
    await edge.clock.advance(from + 60_000 - edge.clock.now());
  } while (ticks.length < 12 && (await edge.queue.counts({ states: ["success"] })).length < jobs.length);
  expect(ticks[0]).toMatchObject({ enqueued: 4, definitions_left: 4 });
  expect(ticks.reduce((sum, { enqueued }) => sum + enqueued, 0)).toBe(8);
  expect(edge.eventsOf("completed")).toHaveLength(8);
  expect(edge.eventsOf("jobs-left")[0]).toMatchObject({ jobs: 4 });
});

describe("definitions that are not to be had", () => {
  const broken = async ({ disposition = "halt" as "halt" | "retry" } = {}): Promise<never> => {
    throw new StoreError("load_jobs is not there", { disposition, sqlState: "42883" });
  };

  it("keep no tick from working what is queued; it says why, and is no success", async () => {
    let isFirst = true;
    const edge = smallEdge({
      jobs: async () => (isFirst ? GOOD : broken()),
      bars: BARS,
      // Queued, and put back unspent.
      script: () => (isFirst ? new SourceAccessError("forbidden", { hint: "" }) : undefined),
    });
    expect((await edge.act("tick")).body).toMatchObject({ enqueued: 2, queued: 2 });
    isFirst = false;
    const { status, body } = await edge.act("tick");
    expect([status, body.success, body.bars, body.queued]).toEqual([503, 2, 15, 0]);
    expect(body.planning_failed).toEqual({ code: "STORE_FAILED", message: "load_jobs is not there" });
    expect(edge.eventsOf("planning-failed")).toMatchObject([{ error: body.planning_failed }]);
  });

  it("for a moment only, are asked for again", async () => {
    let asked = 0;
    const edge = smallEdge({
      bars: BARS,
      jobs: async () => (++asked === 1 ? broken({ disposition: "retry" }) : GOOD),
    });
    expect((await edge.act("tick")).body).toMatchObject({ enqueued: 2, success: 2 });
    expect(edge.eventsOf("queue-failing")).toHaveLength(1);
  });

  it("within half of the time, leave the other half to the queue", async () => {
    let isSlow = false;
    const edge = smallEdge({
      bars: BARS,
      jobs: () => (isSlow ? new Promise(() => {}) : Promise.resolve(GOOD)),
      script: () => (isSlow ? undefined : new SourceAccessError("forbidden", { hint: "" })),
    });
    await edge.act("tick");
    isSlow = true;
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ success: 2, duration_ms: 25_000, planning_failed: { code: "UNEXPECTED" } });
  });

  it("and the platform is about to end the process: the tick ends at once", async () => {
    const stop = new AbortController();
    const edge = smallEdge({
      jobs: async () => {
        await edge.clock.sleep(1000);
        stop.abort();
        return new Promise(() => {});
      },
      options: { signal: stop.signal },
    });
    const { status, body } = await edge.act("tick");
    expect([status, body.duration_ms, body.claimed]).toEqual([200, 1000, 0]);
    expect(edge.eventsOf("planning-failed")).toEqual([]);
  });

  it("are shown by status beside the queue, and fail health", async () => {
    const edge = smallEdge({ jobs: () => broken() });
    const status = await edge.act("status");
    expect([status.status, status.body.queued]).toEqual([200, 0]);
    expect(status.body.definitions_failed).toMatchObject({ code: "STORE_FAILED" });
    const health = await edge.act("health");
    expect([health.status, health.body.database.ok, health.body.source.ok]).toEqual([503, false, true]);
  });
});
