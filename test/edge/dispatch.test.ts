import { describe, expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { Progress, SliceQueue } from "../../src/contracts/slice-queue.ts";
import { SourceAccessError, StoreError, SymbolRejectedError } from "../../src/errors.ts";
import { answered, heldHours, hourBars, jobOf, smallEdge, symbolsNamed } from "../support/small-edge.ts";

const SYMBOLS = ["A", "B", "C"];
const JOBS = [jobOf("US_BATCH_1", SYMBOLS)];
const bootError = () => new Response('{"code":"BOOT_ERROR","message":"Function failed to start"}', { status: 503 });

describe("a run that is dispatched", () => {
  it("is worked by the batch function, under the lease that the orchestrator claimed", async () => {
    const bodies: unknown[] = [];
    const edge = smallEdge({
      jobs: JOBS,
      backfill: { requestsPerMinute: 200 },
      async dispatch(batch, request) {
        bodies.push(await request.clone().json());
        return batch(request);
      },
    });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ claimed: 1, success: 1, left: 0, bars: 15, requests: 5 });
    expect(bodies).toEqual([
      {
        job_run_ids: [expect.stringMatching(/^[0-9a-f]{32}$/)],
        symbols: SYMBOLS,
        timeframe: "1Hour",
        from: "2024-01-01T00:00:00.000Z",
        to: "2024-01-03T00:00:00.000Z",
        token: expect.any(String),
        budget_ms: 50_000,
        requests_per_minute: 40,
      },
    ]);
    expect(edge.eventsOf("dispatched")).toHaveLength(1);
    expect(await edge.queue.counts()).toEqual([{ label: "US_BATCH_1", state: "success", runs: 1, bars: 15 }]);
  });

  it("may be given as long as the orchestrator itself", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      options: { budgetMs: 86_400_000 },
      dispatch: (batch, request) => batch(request),
    });
    expect((await edge.act("tick")).body).toMatchObject({ claimed: 1, success: 1, left: 0 });
    expect(edge.eventsOf("dispatch-failed")).toEqual([]);
    const { status, body } = await smallEdge({ options: { budgetMs: 86_400_001 } }).act("tick");
    expect([status, body.error.code]).toEqual([503, "OPTIONS_INVALID"]);
    expect(body.error.message).toContain("budgetMs: expected a whole number from 1000 to 86400000, received 86400001");
  });

  it("is worked by the orchestrator when it has more symbols than the batch function takes", async () => {
    const edge = smallEdge({ jobs: [jobOf("ALL", symbolsNamed("S", 51))], dispatch: async () => bootError() });
    expect((await edge.act("tick")).body).toMatchObject({ success: 1, bars: 255 });
    expect(edge.eventsOf("dispatched")).toEqual([]);
  });

  it("passes on what would fail everywhere", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      dispatch: (batch, request) => batch(request),
      script: () => new SourceAccessError("forbidden", { hint: "Check the keys" }),
    });
    const { status, body } = await edge.act("tick");
    expect([status, body.halted.code, body.failed]).toEqual([502, "SOURCE_ACCESS", 0]);
    expect(edge.eventsOf("dispatch-failed")).toEqual([]);
  });
});

describe("when the batch function is not to be had", () => {
  const outages: [string, () => Promise<Response>][] = [
    ["cannot be reached", () => Promise.reject(new TypeError("connection refused"))],
    ["does not boot", async () => bootError()],
    ["is not deployed", async () => new Response("not found", { status: 404 })],
    ["lets nobody in", async () => new Response("{}", { status: 401 })],
    ["answers with a page", async () => new Response("<html>all is well</html>")],
    ["is out of resources", async () => new Response("", { status: 546 })],
    ["lacks its settings", async () => Response.json({ ok: false, missing: ["ALPACA_KEY_ID"] }, { status: 503 })],
  ];
  it.each(outages)("because it %s, the orchestrator works the run itself, symbol by symbol", async (_, dispatch) => {
    const edge = smallEdge({ jobs: JOBS, dispatch });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ claimed: 1, success: 1, failed: 0, left: 0, bars: 15 });
    expect(new Set(edge.source.calls.map(({ request }) => request.symbols.join()))).toEqual(new Set(SYMBOLS));
    for (const symbol of SYMBOLS) expect(await heldHours(edge.store, symbol)).toEqual(hourBars(5));
    expect(edge.eventsOf("dispatch-failed")).toMatchObject([{ next: "here" }]);
    // Nothing of this was the run's fault.
    expect(edge.eventsOf("leased").map(({ attempt }) => attempt)).toEqual([1, 1]);
  });

  it("and the time is up, the run goes back to the queue unspent", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      async dispatch() {
        await edge.clock.sleep(51_000);
        return bootError();
      },
    });
    expect((await edge.act("tick")).body).toMatchObject({ success: 0, handed_back: 1, queued: 1, running: 0 });
    expect(edge.eventsOf("dispatch-failed")).toMatchObject([{ next: "returned" }]);
    expect(await edge.queue.lease({ workerId: "w", token: "t", limit: 1, ttlMs: 1000 })).toMatchObject([
      { attempt: 1 },
    ]);
  });
});

it.each(["running", "retry"] as const)("a run is taken back though an answer of `%s` is lost", async (method) => {
  const edge = smallEdge({
    jobs: JOBS,
    dispatch: async () => bootError(),
    queue(clock) {
      const queue = memoryQueue({ clock });
      let calls = 0;
      const losing =
        <A extends readonly unknown[], T>(call: (...args: A) => Promise<T>) =>
        async (...args: A) => {
          const answer = await call(...args);
          if (++calls === 1) throw new StoreError("no answer", { disposition: "retry" });
          return answer;
        };
      return { ...queue, [method]: losing<never[], unknown>(queue[method] as never) };
    },
  });
  expect((await edge.act("tick")).body).toMatchObject({ claimed: 1, success: 1, left: 0, bars: 15 });
  expect(edge.eventsOf("dispatch-failed")).toMatchObject([{ next: "here" }]);
  expect(edge.eventsOf("leased").map(({ attempt }) => attempt)).toEqual([1, 1]);
});

it("a run that came back, and that another tick was faster to claim, counts as handed back", async () => {
  const edge = smallEdge({
    jobs: JOBS,
    dispatch: async () => bootError(),
    queue(clock) {
      const queue = memoryQueue({ clock });
      return {
        ...queue,
        async retry(lease, options) {
          await queue.retry(lease, options);
          await queue.lease({ workerId: "another tick", token: "its own", limit: 1, ttlMs: 60_000 });
        },
      };
    },
  });
  expect((await edge.act("tick")).body).toMatchObject({ claimed: 1, handed_back: 1, left: 0, running: 1 });
  expect(edge.eventsOf("dispatch-failed")).toMatchObject([{ next: "returned" }]);
});

describe("runs that are dispatched, runs that come back, and runs too large to be sent", () => {
  it("keep to the rate together, a share each, however short they are", async () => {
    const sent: number[] = [];
    let dispatches = 0;
    const edge = smallEdge({
      jobs: [
        ...symbolsNamed("SHORT", 30).map((label) => jobOf(label, [`${label}X`])),
        jobOf("ALL", symbolsNamed("S", 51), { priority: 1 }),
      ],
      backfill: { requestsPerMinute: 30 },
      dispatch: async (batch, request) => (++dispatches % 3 === 0 ? bootError() : batch(request)),
      script() {
        sent.push(edge.clock.now());
        return undefined;
      },
    });
    for (let minute = 0; minute < 4; minute++) {
      await edge.act("tick");
      await edge.clock.advance(10_000);
    }
    expect(edge.eventsOf("dispatch-failed").length).toBeGreaterThan(5);
    expect(edge.eventsOf("dispatched").length).toBeGreaterThan(20);
    const withinAMinute = sent.map((from) => sent.filter((at) => at >= from && at < from + 60_000).length);
    expect(Math.max(...withinAMinute)).toBeLessThanOrEqual(30);
    // Of 25 in the 50 s of each tick: the shares are used, not only kept.
    expect(sent.length).toBeGreaterThan(70);
  });

  it("know the same symbols to be refused, and so does the next plan", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      dispatch: async () => bootError(),
      backfill: { quarantine: undefined as never },
      script: ({ request }) =>
        request.symbols.includes("C") ? new SymbolRejectedError("no such symbol", { symbol: "C" }) : undefined,
    });
    expect((await edge.act("tick")).body).toMatchObject({ success: 1, bars: 10 });
    expect((await edge.act("tick")).body).toMatchObject({ enqueued: 0, requests: 0 });
    expect(edge.source.calls.filter(({ request }) => request.symbols.includes("C"))).toHaveLength(1);
  });
});

describe("when nobody knows whether the batch function has the run", () => {
  it("the queue says so: one that took it over keeps it, and nothing is fetched twice", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      script: async () => {
        await edge.clock.sleep(1000);
        return undefined;
      },
      async dispatch(batch, request) {
        await edge.clock.sleep(10);
        void batch(request);
        // It has renewed the lease, and the connection breaks.
        await edge.clock.sleep(1500);
        throw new TypeError("connection reset");
      },
    });
    const { body } = await edge.act("tick");
    expect(body).toMatchObject({ claimed: 1, success: 0, left: 1, queued: 0, running: 1 });
    expect(edge.eventsOf("dispatch-failed")).toMatchObject([{ next: "left" }]);
    await edge.clock.advance(10_000);
    expect(await edge.queue.counts()).toEqual([{ label: "US_BATCH_1", state: "success", runs: 1, bars: 15 }]);
    expect(edge.source.calls).toHaveLength(5);
  });

  it("a request that comes after the orchestrator took the run back finds it gone", async () => {
    let late: Promise<Response> | undefined;
    const edge = smallEdge({
      jobs: JOBS,
      async dispatch(batch, request) {
        const copy = request.clone();
        late = edge.clock.sleep(500).then(() => batch(copy as Request));
        throw new TypeError("no answer");
      },
      script: async () => {
        await edge.clock.sleep(1000);
        return undefined;
      },
    });
    expect((await edge.act("tick")).body).toMatchObject({ success: 1, left: 0, bars: 15 });
    const { body: answer } = await answered(await edge.clock.run(late as Promise<Response>));
    expect(answer).toMatchObject({ runs: { success: 0 }, api_calls: 0 });
    expect(answer.not_claimed).toHaveLength(1);
    expect(await edge.queue.counts()).toMatchObject([{ state: "success", runs: 1 }]);
  });

  it("a request that comes after the run went back to the queue makes no sixth of five", async () => {
    const jobs = symbolsNamed("JOB_", 7).map((label, i) => jobOf(label, [`S${i + 1}`]));
    let late: Promise<Response> | undefined;
    let most = 0;
    const edge = smallEdge({
      jobs,
      async dispatch(batch, request) {
        const copy = request.clone();
        // The first one is heard of no more, and comes while the next tick has five under way.
        if (late === undefined) {
          late = edge.clock.sleep(65_000).then(() => batch(copy as Request));
          await edge.clock.sleep(51_000);
          throw new TypeError("no answer");
        }
        return batch(request);
      },
      async script() {
        most = Math.max(most, (await edge.queue.running({})).length);
        await edge.clock.sleep(20_000);
        return undefined;
      },
    });
    expect((await edge.act("tick")).body.queued).toBeGreaterThan(1);
    await edge.clock.advance(9000);
    await edge.act("tick");
    const { body: answer } = await answered(await edge.clock.run(late as Promise<Response>));
    expect(answer).toMatchObject({ runs: { success: 0, handed_back: 0 }, api_calls: 0 });
    expect(answer.not_claimed).toHaveLength(1);
    expect(most).toBe(5);
  });

  it.each(["lease", "renew"] as const)(
    "an answer of `%s` that is lost on the other side costs a moment",
    async (method) => {
      const edge = smallEdge({
        jobs: JOBS,
        dispatch(batch, request) {
          isThere = true;
          return batch(request);
        },
        queue(clock) {
          const queue = memoryQueue({ clock });
          const losing = async (...args: never[]) => {
            const answer = await (queue[method] as (...args: never[]) => Promise<unknown>)(...args);
            if (!isThere) return answer;
            isThere = false;
            throw new StoreError("no answer", { disposition: "retry" });
          };
          return { ...queue, [method]: losing };
        },
      });
      let isThere = false;
      expect((await edge.act("tick")).body).toMatchObject({ claimed: 1, success: 1, left: 0, bars: 15 });
      expect(edge.eventsOf("dispatch-failed")).toEqual([]);
      expect(edge.eventsOf("queue-failing")).toHaveLength(1);
    },
  );

  it("a lease that is taken back while it is taken over is no error", async () => {
    const edge = smallEdge({
      jobs: JOBS,
      queue(clock) {
        const queue = memoryQueue({ clock });
        let takeovers = 0;
        return {
          ...queue,
          async renew(lease, progress, ttlMs) {
            if (++takeovers === 1) await queue.retry(lease, { notBefore: 0, attemptSpent: false });
            return queue.renew(lease, progress, ttlMs);
          },
        };
      },
      dispatch: (batch, request) => batch(request),
    });
    expect((await edge.act("tick")).body).toMatchObject({ left: 1, success: 1, bars: 15 });
    expect(edge.eventsOf("dispatch-failed")).toEqual([]);
  });

  it("one that dies after it took the run over leaves it to the lease, and to a later tick", async () => {
    let calls = 0;
    const told: Progress[] = [];
    const come = { percent: 25, bars: 4, requests: 2 };
    const edge = smallEdge({
      jobs: JOBS,
      queue(clock) {
        const queue = memoryQueue({ clock });
        const renew: SliceQueue["renew"] = (lease, progress, ttlMs) => {
          told.push(progress);
          return queue.renew(lease, progress, ttlMs);
        };
        return { ...queue, renew };
      },
      async dispatch(batch, request) {
        if (++calls > 1) return batch(request);
        await edge.clock.sleep(10);
        const { token, job_run_ids: ids } = JSON.parse(await request.text());
        const [lease] = await edge.queue.lease({ workerId: "batch", token, ids, limit: 1, ttlMs: 60_000 });
        if (lease !== undefined) await edge.queue.renew(lease, come, 60_000);
        return new Response("", { status: 546 });
      },
    });
    expect((await edge.act("tick")).body).toMatchObject({ left: 1, running: 1 });
    expect((await edge.act("tick")).body).toMatchObject({ claimed: 0, running: 1 });
    await edge.clock.advance(61_000);
    expect((await edge.act("tick")).body).toMatchObject({ claimed: 1, success: 1, bars: 15 });
    // Who takes it over next says first of all how far it has come, not that it begins anew.
    expect(told.slice(0, 2)).toEqual([come, come]);
    expect(await edge.queue.counts()).toMatchObject([{ state: "success", bars: 4 + 15 }]);
  });
});
