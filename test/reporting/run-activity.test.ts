import fc from "fast-check";
import { expect, test } from "vitest";
import type { RunRecord } from "../../src/contracts/run-history.ts";
import { busiestMinute } from "../../src/reporting/busiest-minute.ts";
import { runActivity, slowestRuns } from "../../src/reporting/run-activity.ts";

const run = (more: Partial<RunRecord>): RunRecord => ({
  sliceId: "1",
  timeframe: "1Min",
  interval: { start: 0, end: 1 },
  symbols: 1,
  firstSymbol: "SPY",
  state: "success",
  attempt: 1,
  startedAt: 0,
  finishedAt: 1000,
  bars: 10,
  requests: 6,
  ...more,
});

test("runs count where they end, their requests over the time that they took", () => {
  const runs = [
    run({ startedAt: 0, finishedAt: 3000, requests: 6, bars: 60 }),
    run({ state: "failed", startedAt: 1000, finishedAt: 1500, requests: 0, bars: 0 }),
  ];
  expect(runActivity(runs, 10)).toEqual([
    { start: 0, end: 1000, success: 0, failed: 0, cancelled: 0, bars: 0, requests: 2, requestsPerMinute: 120 },
    { start: 1000, end: 2000, success: 0, failed: 1, cancelled: 0, bars: 0, requests: 2, requestsPerMinute: 120 },
    { start: 2000, end: 3000, success: 0, failed: 0, cancelled: 0, bars: 0, requests: 2, requestsPerMinute: 120 },
    { start: 3000, end: 4000, success: 1, failed: 0, cancelled: 0, bars: 60, requests: 0, requestsPerMinute: 0 },
  ]);
});

test("what is not over is left out", () => {
  const { finishedAt: _, ...running } = run({ state: "running" });
  expect(runActivity([running], 10)).toEqual([]);
  expect(slowestRuns([running], 10)).toEqual([]);
});

test("a run of no time still counts its requests", () => {
  const [bucket] = runActivity([run({ startedAt: 500, finishedAt: 500 })], 10);
  expect(bucket).toMatchObject({ success: 1, requests: 6 });
});

test("the busiest minute is a minute, whatever the steps", () => {
  expect(busiestMinute([])).toBe(0);
  // 200 a minute for 14 seconds, and one request beside it: no minute had more than 48.
  const short = [run({ finishedAt: 14_000, requests: 47 }), run({ startedAt: 3000, finishedAt: 3100, requests: 1 })];
  expect(busiestMinute(runActivity(short, 60))).toBeCloseTo(48);
  // Ten minutes at 100, then one at 190.
  const runs = [
    run({ finishedAt: 600_000, requests: 1000 }),
    run({ startedAt: 600_000, finishedAt: 660_000, requests: 190 }),
  ];
  expect(busiestMinute(runActivity(runs, 1000))).toBeCloseTo(190);
  expect(busiestMinute(runActivity(runs, 12))).toBeCloseTo(190);
  // Steps longer than a minute know no better than their rate.
  expect(busiestMinute(runActivity([run({ finishedAt: 1_200_000, requests: 4000 })], 4))).toBeCloseTo(200);
});

test("the slowest come first, by their last attempt", () => {
  const runs = [1000, 5000, 3000].map((ms) => run({ sliceId: String(ms), startedAt: 100, finishedAt: 100 + ms }));
  expect(slowestRuns(runs, 2).map(({ sliceId }) => sliceId)).toEqual(["5000", "3000"]);
});

test("how long a cancelled run lay in the queue is not how slow it was", () => {
  const runs = (["cancelled", "success", "failed"] as const).map((state, i) =>
    run({ sliceId: state, state, startedAt: 0, finishedAt: 9000 - i }),
  );
  expect(slowestRuns(runs, 3).map(({ sliceId }) => sliceId)).toEqual(["success", "failed"]);
});

test("no run, bar or request is lost or made up, in no more buckets than asked for, without a hole", () => {
  const record = fc
    .record({
      startedAt: fc.integer({ min: 0, max: 2 ** 40 }),
      ms: fc.integer({ min: 0, max: 2 ** 33 }),
      requests: fc.nat(1000),
    })
    .map(({ startedAt, ms, requests }) => run({ startedAt, finishedAt: startedAt + ms, requests, bars: requests * 3 }));
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), fc.integer({ min: 2, max: 80 }), (runs, most) => {
      const buckets = runActivity(runs, most);
      const sum = (of: (one: (typeof buckets)[number]) => number) => buckets.reduce((total, one) => total + of(one), 0);
      expect(buckets.length).toBeLessThanOrEqual(most);
      buckets.slice(1).forEach((one, i) => {
        expect(one.start).toBe(buckets[i]?.end);
      });
      expect(sum((one) => one.success)).toBe(runs.length);
      expect(sum((one) => one.bars)).toBe(runs.reduce((total, one) => total + one.bars, 0));
      const requests = runs.reduce((total, one) => total + one.requests, 0);
      expect(Math.abs(sum((one) => one.requests) - requests)).toBeLessThan(1e-3 * Math.max(1, requests));
    }),
  );
});
