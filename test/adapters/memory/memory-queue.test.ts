import { describe, expect, test } from "vitest";
import { memoryQueue } from "../../../src/adapters/memory/index.ts";
import { makeSlice } from "../../../src/model/slice.ts";
import { queueCases, runConformance } from "../../../src/testing/conformance/index.ts";
import { manualClock } from "./manual-clock.ts";

const slice = (start: number, label?: string) =>
  makeSlice({
    provider: "test",
    ...(label === undefined ? {} : { label }),
    symbols: ["SPY"],
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start, end: start + 1 },
    priority: 0,
    estimate: { bars: 1, pages: 1 },
  });
const claim = { workerId: "worker", limit: 1, ttlMs: 1000 };

describe("conformance", () => {
  runConformance({
    cases: queueCases,
    create: async () => {
      const clock = manualClock();
      return { queue: memoryQueue({ clock }), advance: clock.advance };
    },
    test,
  });
});

describe("to the millisecond", () => {
  test("a lease holds until, and not at, its expiry", async () => {
    const clock = manualClock();
    const queue = memoryQueue({ clock });
    await queue.enqueue([slice(0)]);
    const [lease] = await queue.lease({ ...claim, token: "a" });
    expect(lease?.expiresAt).toBe(clock.now() + 1000);
    await clock.advance(999);
    expect(await queue.lease({ ...claim, token: "b" })).toEqual([]);
    await clock.advance(1);
    expect(await queue.lease({ ...claim, token: "b" })).toMatchObject([{ token: "b", attempt: 1, expiries: 1 }]);
  });

  test("a retried run is due at, and not before, its time", async () => {
    const clock = manualClock();
    const queue = memoryQueue({ clock });
    await queue.enqueue([slice(0)]);
    const [lease] = await queue.lease({ ...claim, token: "a" });
    if (lease === undefined) throw new Error("a run is due");
    await queue.retry(lease, { notBefore: clock.now() + 5000, attemptSpent: true });
    await clock.advance(4999);
    expect(await queue.lease({ ...claim, token: "b" })).toEqual([]);
    await clock.advance(1);
    expect(await queue.lease({ ...claim, token: "b" })).toHaveLength(1);
  });
});

describe("what is left open by the contract", () => {
  test("a token that holds nothing any more leases anew", async () => {
    const queue = memoryQueue({ clock: manualClock() });
    await queue.enqueue([slice(0), slice(1)]);
    const [first] = await queue.lease({ ...claim, token: "a" });
    if (first === undefined) throw new Error("a run is due");
    await queue.complete(first, { bars: 0, requests: 1 });
    expect(await queue.lease({ ...claim, token: "a" })).toMatchObject([{ slice: slice(1) }]);
  });

  test("runs without a label are counted first", async () => {
    const queue = memoryQueue({ clock: manualClock() });
    await queue.enqueue([slice(0, "A"), slice(1), slice(2, "0")]);
    expect((await queue.counts()).map(({ label }) => label)).toEqual([undefined, "0", "A"]);
  });
});

test.each([
  ["limit", { limit: 0 }],
  ["limit", { limit: 1.5 }],
  ["limit", { limit: Number.NaN }],
  ["ttlMs", { ttlMs: 0 }],
  ["ttlMs", { ttlMs: Number.NaN }],
])("lease refuses a %s of %o", async (path, options) => {
  const queue = memoryQueue({ clock: manualClock() });
  await queue.enqueue([slice(0)]);
  await expect(queue.lease({ ...claim, token: "a", ...options })).rejects.toMatchObject({ issues: [{ path }] });
  expect(await queue.counts()).toMatchObject([{ state: "queued", runs: 1 }]);
});

test("renew and retry refuse a time that is none, and the lease stays", async () => {
  const queue = memoryQueue({ clock: manualClock() });
  await queue.enqueue([slice(0)]);
  const [lease] = await queue.lease({ ...claim, token: "a" });
  if (lease === undefined) throw new Error("a run is due");
  const renewal = queue.renew(lease, { percent: 0, bars: 0, requests: 0 }, Number.NaN);
  await expect(renewal).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  const retry = queue.retry(lease, { notBefore: Number.NaN, attemptSpent: true });
  await expect(retry).rejects.toMatchObject({ code: "OPTIONS_INVALID" });
  await queue.complete(lease, { bars: 0, requests: 1 });
});

test("fifty thousand runs are leased, renewed and completed without looking at all of them each time", async () => {
  const queue = memoryQueue({ clock: manualClock() });
  await queue.enqueue(Array.from({ length: 50_000 }, (_, i) => slice(i)));
  let done = 0;
  for (;;) {
    const leases = await queue.lease({ ...claim, token: String(done), limit: 5 });
    for (const lease of leases) {
      await queue.renew(lease, { percent: 50, bars: 1, requests: 1 }, 1000);
      await queue.complete(lease, { bars: 1, requests: 1 });
    }
    if (leases.length === 0) break;
    done += leases.length;
  }
  // Ten thousand claims that each scanned the runs would take minutes and run into the time limit.
  expect(done).toBe(50_000);
}, 10_000);
