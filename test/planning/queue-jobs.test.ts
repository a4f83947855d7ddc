import { describe, expect, it } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQuarantine, memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { StoreError } from "../../src/errors.ts";
import {
  type BarStore,
  createBackfill,
  type JobDefinition,
  type Quarantine,
  type RefusedJob,
  type SliceQueue,
  type TickOptions,
} from "../../src/index.ts";
import { type FakeClock, fakeClock } from "../../src/testing/fake-clock.ts";
import { smallBackfill } from "../support/small-backfill.ts";

const NOW = Date.UTC(2024, 5, 3);
const MINUTE_MS = 60_000;

function job(label: string, changes: object = {}): JobDefinition {
  return {
    label,
    symbols: [`S.${label.replaceAll("_", "")}`],
    timeframe: "1Day",
    windowDays: 30,
    priority: 0,
    enabled: true,
    ...changes,
  };
}

const JOBS = Array.from({ length: 9 }, (_, i) => job(`JOB_${i + 1}`));
const labelsIn = async (queue: SliceQueue) => (await queue.open({})).map(({ label }) => label);

/** A backfill that plans whole jobs as one slice each. */
function planner(parts: { clock?: FakeClock; store?: BarStore; queue?: SliceQueue; quarantine?: Quarantine } = {}) {
  return smallBackfill({ bars: {}, limits: { pageSize: 1_000_000 } }, { clock: fakeClock({ now: NOW }), ...parts });
}

it("lists what is queued once a timeframe, and of no other, however many jobs there are", async () => {
  const clock = fakeClock({ now: NOW });
  const inner = memoryQueue({ clock });
  const asked: unknown[] = [];
  const queue: SliceQueue = {
    ...inner,
    open: (filter) => {
      asked.push(filter);
      return inner.open(filter);
    },
  };
  const { backfill } = planner({ clock, queue });
  const jobs = [...JOBS, ...JOBS.map((one) => ({ ...one, timeframe: "1Hour" as const }))];
  expect(await backfill.tick(jobs)).toBe(18);
  expect(asked).toEqual(["1Day", "1Hour"].map((timeframe) => ({ provider: "scripted", timeframe })));
  expect(await backfill.tick(jobs)).toBe(0);
});

describe("a job that cannot be planned", () => {
  const wrong: [string, object, string, string][] = [
    ["a timeframe in the short spelling", { timeframe: "m15" }, "timeframe", '"m15"'],
    ["a timeframe that is none", { timeframe: "" }, "timeframe", '""'],
    ["a symbol in place of a list", { symbols: "SPY" }, "symbols", '"SPY"'],
    ["no symbols", { symbols: null }, "symbols", "null"],
    ["an empty list", { symbols: [] }, "symbols", "an empty list"],
    ["two symbols in one", { symbols: ["SPY", "A,B"] }, "symbols[1]", '"A,B"'],
    ["a number for a symbol", { symbols: [5] }, "symbols[0]", "5"],
    ["its own label for a symbol", { label: "SPY", symbols: ["SPY"] }, "symbols[0]", '"SPY"'],
    ["a text to ask again", { reask: "daily" }, "reask", '"daily"'],
    ["days to ask again that are a text", { reask: { days: "2" } }, "reask.days", '"2"'],
    ["a window that is none", { windowDays: Number.NaN }, "windowDays", "NaN"],
    ["a priority that is out of bounds", { priority: 2_000_000_000 }, "priority", "2000000000"],
  ];
  it.each(wrong)("for %s costs itself alone, and is named with field and value", async (_, changes, path, received) => {
    const refused: RefusedJob[] = [];
    const { backfill, queue, events } = planner();
    const bad = job("WRONG", changes);
    const jobs = [job("JOB_1"), bad, job("JOB_2")];
    expect(await backfill.tick(jobs, { onRefused: (one) => void refused.push(one) })).toBe(2);
    expect(await labelsIn(queue)).toEqual(["JOB_1", "JOB_2"]);
    const { label, timeframe } = bad;
    expect(refused).toEqual([{ label, timeframe, issues: [{ path, expected: expect.any(String), received }] }]);
    expect(events.filter(({ type }) => type === "job-refused")).toEqual([
      { type: "job-refused", at: NOW, ...refused[0] },
    ]);
  });

  it("is one with a label for a symbol too, where the source says how its symbols are spelled", async () => {
    const source = alpacaStocks({ keyId: "a", secretKey: "b" });
    const refused: RefusedJob[] = [];
    const jobs = [job("JOB_1"), job("WRONG", { symbols: ["SPY", "US_BATCH_1"] })];
    const parts = { store: memoryStore(), queue: memoryQueue(), clock: fakeClock({ now: NOW }) };
    expect(await createBackfill({ ...parts, source }).tick(jobs, { onRefused: (one) => void refused.push(one) })).toBe(
      1,
    );
    expect(refused).toMatchObject([{ label: "WRONG", issues: [{ path: "symbols[1]", received: '"US_BATCH_1"' }] }]);
    expect(await planner().backfill.tick(jobs)).toBe(2);
  });

  it("is left alone where it is disabled", async () => {
    const { backfill, types } = planner();
    expect(await backfill.tick([job("WRONG", { symbols: 5, enabled: false })])).toBe(0);
    expect(types()).not.toContain("job-refused");
  });
});

it("a window of half a century begins where dates are near the epoch", async () => {
  const { backfill, types } = planner();
  expect(await backfill.tick([job("ALL", { windowDays: 19_900 })])).toBe(1);
  expect(types()).not.toContain("job-refused");
});

it("lists the queue and the quarantine once, however many jobs there are and however many are wrong", async () => {
  const asked: string[] = [];
  const noted = <T>(name: string, answer: T): T => {
    asked.push(name);
    return answer;
  };
  const queue = memoryQueue({ clock: fakeClock({ now: NOW }) });
  const quarantine = memoryQuarantine();
  const { backfill } = planner({
    queue: { ...queue, open: (filter) => noted("open", queue.open(filter)) },
    quarantine: { ...quarantine, list: (provider) => noted("list", quarantine.list(provider)) },
  });
  expect(await backfill.tick([...JOBS, job("WRONG", { symbols: 5 })])).toBe(9);
  expect(asked.sort()).toEqual(["list", "open"]);
});

describe("with a deadline", () => {
  /** A store that takes five seconds an answer. */
  function slowStore(clock: FakeClock): BarStore {
    const store = memoryStore();
    return {
      ...store,
      async coverage(series, within) {
        await clock.sleep(5000);
        return store.coverage(series, within);
      },
    };
  }

  it("queues what it planned by then, and says how much is left", async () => {
    const clock = fakeClock({ now: NOW });
    const { backfill, queue, events } = planner({ clock, store: slowStore(clock) });
    const left: number[] = [];
    const options = { deadline: NOW + 22_000, onLeft: (jobs: number) => void left.push(jobs) };
    expect(await clock.run(backfill.tick(JOBS, options))).toBe(4);
    expect(clock.now()).toBe(NOW + 22_000);
    expect((await labelsIn(queue)).slice(0, 3)).toEqual(["JOB_1", "JOB_2", "JOB_3"]);
    expect(left).toEqual([5]);
    expect(events.filter(({ type }) => type === "jobs-left")).toEqual([
      { type: "jobs-left", at: clock.now(), jobs: 5 },
    ]);
  });

  it("each has its turn within some ticks of processes that know nothing of each other, and none is queued twice", async () => {
    const clock = fakeClock({ now: NOW });
    const [queue, store] = [memoryQueue({ clock }), slowStore(clock)];
    let fresh = 0;
    let ticks = 0;
    while ((await queue.open({})).length < JOBS.length && ticks++ < 8) {
      const { backfill } = planner({ clock, store, queue });
      fresh += await clock.run(backfill.tick(JOBS, { deadline: clock.now() + 22_000 }));
      await clock.advance(MINUTE_MS - 22_000);
    }
    expect((await labelsIn(queue)).sort()).toEqual(JOBS.map(({ label }) => label));
    expect(fresh).toBe(JOBS.length);
  });

  it("tries no second time to queue when it has come: what is not queued is planned again", async () => {
    const clock = fakeClock({ now: NOW });
    let tries = 0;
    const queue = memoryQueue({ clock });
    const enqueue: typeof queue.enqueue = async (...args) => {
      if (++tries > 1) return queue.enqueue(...args);
      await clock.sleep(20_000);
      throw new StoreError("no answer", { disposition: "retry" });
    };
    const { backfill } = planner({ clock, store: slowStore(clock), queue: { ...queue, enqueue } });
    await expect(clock.run(backfill.tick(JOBS, { deadline: NOW + 22_000 }))).rejects.toThrow();
    expect([tries, clock.now()]).toEqual([1, NOW + 42_000]);
    expect(await clock.run(backfill.tick(JOBS))).toBe(9);
  });

  it("does not wait for a call that does not come back, and stops at a signal", async () => {
    const clock = fakeClock({ now: NOW });
    const queue = { ...memoryQueue({ clock }), open: () => new Promise<never>(() => {}) };
    const { backfill } = planner({ clock, queue });
    const left: number[] = [];
    const onLeft = (jobs: number) => void left.push(jobs);
    expect(await clock.run(backfill.tick(JOBS, { deadline: NOW + 1000, onLeft }))).toBe(0);
    expect(clock.now()).toBe(NOW + 1000);
    const stop = new AbortController();
    const stopped = backfill.tick(JOBS, { signal: stop.signal, onLeft });
    stop.abort();
    expect(await stopped).toBe(0);
    expect(left).toEqual([9, 9]);
  });
});

it("queues what was planned before the store broke, and passes its error on", async () => {
  const store = memoryStore();
  let asked = 0;
  const { backfill, queue } = planner({
    store: {
      ...store,
      async coverage(series, within) {
        if (++asked > 3) throw new StoreError("permission denied", { disposition: "halt", sqlState: "42501" });
        return store.coverage(series, within);
      },
    },
  });
  await expect(backfill.tick(JOBS)).rejects.toMatchObject({ code: "STORE_FAILED", sqlState: "42501" });
  expect(await labelsIn(queue)).toEqual(["JOB_1", "JOB_2", "JOB_3"]);
});

it("refuses options that would be no bound, or are misspelt, before anything is asked", async () => {
  const { backfill, queue } = planner();
  const wrong = { deadline: Number.NaN, signal: {} as AbortSignal, onRefused: "log" as never, dead_line: NOW };
  await expect(backfill.tick(JOBS, wrong)).rejects.toMatchObject({
    code: "OPTIONS_INVALID",
    issues: [{ path: "signal" }, { path: "deadline", received: "NaN" }, { path: "onRefused" }, { path: "dead_line" }],
  });
  expect(await labelsIn(queue)).toEqual([]);
  const options: TickOptions = { deadline: Number.POSITIVE_INFINITY, onRefused: () => {} };
  expect(await backfill.tick(JOBS, options)).toBe(9);
});
