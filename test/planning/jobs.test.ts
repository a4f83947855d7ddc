import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { finalBefore, TIMEFRAMES } from "../../src/model/timeframe.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import { resolveRequest } from "../../src/options/request.ts";
import { type DefineJobsOptions, defineJobs, jobRequest } from "../../src/planning/jobs.ts";
import { issuesOf, pathsOf } from "../options/issues-of.ts";

const SYMBOLS = Array.from({ length: 61 }, (_, i) => `S${i}`);
const GOOD: DefineJobsOptions = {
  label: "US_BATCH",
  symbols: SYMBOLS,
  windowDays: { m15: 90, h1: 365, h4: 180, d1: 730 },
};
const define = (changes: object) => defineJobs({ ...GOOD, ...changes });

describe("definitions", () => {
  test("61 symbols in four timeframes are eight jobs, by batch, then by timeframe", () => {
    const jobs = defineJobs(GOOD);
    expect(jobs.map((job) => [job.label, job.symbols.length, job.timeframe, job.windowDays])).toEqual([
      ["US_BATCH_1", 50, "15Min", 90],
      ["US_BATCH_1", 50, "1Hour", 365],
      ["US_BATCH_1", 50, "4Hour", 180],
      ["US_BATCH_1", 50, "1Day", 730],
      ["US_BATCH_2", 11, "15Min", 90],
      ["US_BATCH_2", 11, "1Hour", 365],
      ["US_BATCH_2", 11, "4Hour", 180],
      ["US_BATCH_2", 11, "1Day", 730],
    ]);
    for (const job of jobs) expect(job).toMatchObject({ priority: 0, enabled: true });
  });

  test("timeframes go from the shortest to the longest, however they were spelled and ordered", () => {
    const jobs = define({ symbols: ["A"], windowDays: { "1Day": 3, m1: 1, "1Hour": 2 } });
    expect(jobs.map(({ timeframe, windowDays }) => [timeframe, windowDays])).toEqual([
      ["1Min", 1],
      ["1Hour", 2],
      ["1Day", 3],
    ]);
  });

  test("batches hold every symbol once, in the order that was given, and only the last is short", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 61 }), fc.integer({ min: 1, max: 70 }), (count, batchSize) => {
        const symbols = SYMBOLS.slice(0, count).reverse();
        const jobs = define({ symbols, batchSize, windowDays: { d1: 5 }, priority: 4 });
        expect(jobs.flatMap((job) => job.symbols)).toEqual(symbols);
        expect(jobs.map(({ label }) => label)).toEqual(jobs.map((_, i) => `US_BATCH_${i + 1}`));
        for (const job of jobs.slice(0, -1)) expect(job.symbols).toHaveLength(batchSize);
        for (const { priority } of jobs) expect(priority).toBe(4);
      }),
    );
  });

  test("what is asked for again goes from the options to every job, and from the job to its request", () => {
    const reask = { days: 3, everyHours: 6 };
    for (const job of define({ reask })) {
      expect(job.reask).toEqual(reask);
      expect(jobRequest(job, Date.UTC(2024, 0, 2))).toMatchObject({ reask });
    }
    expect(pathsOf(() => define({ reask: { days: 0, hours: 1 } }))).toEqual(["reask.days", "reask.hours"]);
  });

  test("50 symbols are one batch, 51 are two", () => {
    const batches = (count: number) => define({ symbols: SYMBOLS.slice(0, count), windowDays: { d1: 1 } }).length;
    expect([batches(50), batches(51)]).toEqual([1, 2]);
  });
});

describe("bad options", () => {
  test.each([
    [{ label: "" }, "label"],
    [{ label: undefined }, "label"],
    [{ label: "x".repeat(91) }, "label"],
    [{ symbols: [] }, "symbols"],
    [{ symbols: ["SPY", "US_BATCH_12"] }, "symbols[1]"],
    [{ symbols: ["US_BATCH"] }, "symbols[0]"],
    [{ symbols: "SPY" }, "symbols"],
    [{ symbols: ["SPY", "US_BATCH_1"] }, "symbols[1]"],
    [{ symbols: ["SPY", "SPY"] }, "symbols[1]"],
    [{ windowDays: {} }, "windowDays"],
    [{ windowDays: [90] }, "windowDays"],
    [{ windowDays: 90 }, "windowDays"],
    [{ windowDays: undefined }, "windowDays"],
    [{ windowDays: { m2: 90 } }, "windowDays.m2"],
    [{ windowDays: { m15: 90, "15Min": 30 } }, "windowDays.15Min"],
    [{ windowDays: { d1: 0 } }, "windowDays.d1"],
    [{ windowDays: { d1: 1.5 } }, "windowDays.d1"],
    [{ windowDays: { d1: Number.NaN } }, "windowDays.d1"],
    [{ windowDays: { d1: 36_501 } }, "windowDays.d1"],
    [{ batchSize: 0 }, "batchSize"],
    [{ batchSize: Number.POSITIVE_INFINITY }, "batchSize"],
    [{ priority: 0.5 }, "priority"],
    [{ batch: 50 }, "batch"],
  ])("%j is refused at its place, and nowhere else", (changes, path) => {
    expect(pathsOf(() => define(changes))).toEqual([path]);
  });

  test("everything that is wrong is listed at once", () => {
    const act = () =>
      define({
        label: "a|b",
        symbols: ["A", "A", "b c"],
        windowDays: { m2: 5, h1: 0.5, "1Hour": 3 },
        batchSize: 0,
        priority: "1",
        days: 3,
      });
    expect(pathsOf(act).sort()).toEqual(
      [
        "batchSize",
        "days",
        "label",
        "priority",
        "symbols[1]",
        "symbols[2]",
        "windowDays.1Hour",
        "windowDays.h1",
        "windowDays.m2",
      ].sort(),
    );
  });

  test.each([[null], [undefined], ["US"], [[]]])("%j instead of options", (options) => {
    expect(issuesOf(() => defineJobs(options as never))).toMatchObject([
      { path: "(options)", expected: "an object, with label, symbols and windowDays" },
    ]);
  });
});

describe("what a job asks for", () => {
  const [job] = define({ windowDays: { m15: 90 }, priority: 2 });
  if (job === undefined) throw new Error("a job was defined");
  const midnight = Date.UTC(2026, 0, 20);

  test("from midnight UTC of its first day, with no end", () => {
    expect(jobRequest(job, midnight + 12 * 3_600_000)).toEqual({
      label: "US_BATCH_1",
      symbols: job.symbols,
      timeframes: ["15Min"],
      start: Date.UTC(2025, 9, 22),
      priority: 2,
    });
  });

  test("the start is the same for a day, and a day later on the next", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 0, max: DAY_MS - 1 }), (windowDays, ms) => {
        const startAt = (now: number) => jobRequest({ ...job, windowDays }, now).start;
        // Quarters of an hour are final within two hours and a quarter.
        const dawn = midnight + 2.25 * HOUR_MS;
        expect(startAt(dawn + ms)).toBe(midnight - windowDays * DAY_MS);
        expect(startAt(dawn + ms + DAY_MS)).toBe(midnight - (windowDays - 1) * DAY_MS);
      }),
    );
  });

  test("whoever ticks once in a window leaves out no bar, whatever the hour", () => {
    const { limits } = alpacaStocks({ keyId: "k", secretKey: "s" });
    const kinds = fc.constantFrom(...TIMEFRAMES);
    fc.assert(
      fc.property(
        kinds,
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 0, max: 400 * 96 }),
        (timeframe, days, at) => {
          const before = midnight + at * 15 * MINUTE_MS;
          const { start } = jobRequest({ ...job, timeframe, windowDays: days }, before + days * DAY_MS);
          for (const dayAnchor of ["new-york", "unknown"] as const) {
            expect(start).toBeLessThanOrEqual(finalBefore(timeframe, before - limits.withheldTailMs, dayAnchor));
          }
        },
      ),
    );
  });

  test("is a request that can be resolved, even with the longest label", () => {
    const jobs = define({ label: "x".repeat(90), batchSize: 1, windowDays: { m15: 1, d1: 36_500 } });
    expect(jobs).toHaveLength(122);
    for (const job of jobs) {
      expect(resolveRequest(jobRequest(job, midnight))).toMatchObject({ label: job.label, symbols: job.symbols });
    }
  });
});
