import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Interval } from "../../src/model/interval.ts";
import { calendarFor, type MarketHours } from "../../src/model/session.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import { sessionIndex } from "../../src/planners/session-index.ts";
import { day, span } from "./fixtures.ts";

const whole = span("2023-01-01", "2024-01-01");
const nyse = sessionIndex(calendarFor("nyse"), whole);
const always = sessionIndex(calendarFor("always"), whole);
const both = fc.constantFrom({ hours: "nyse" as const, index: nyse }, { hours: "always" as const, index: always });
const instant = fc.integer({ min: 0, max: 365 * 1440 }).map((minutes) => whole.start + minutes * MINUTE_MS);

const calendars = { nyse: calendarFor("nyse"), always: calendarFor("always") };

describe("count", () => {
  test("whole years have as many as the calendar", () => {
    expect(nyse.count(whole)).toBe(250);
    expect(always.count(whole)).toBe(365);
  });

  test("a session under way counts by its elapsed share of the extended hours", () => {
    // Tuesday 2023-06-06: 04:00 to 20:00 New York is 08:00Z to 24:00Z.
    const from = day("2023-06-06");
    expect(nyse.count({ start: from + 4 * HOUR_MS, end: from + 12 * HOUR_MS })).toBeCloseTo(0.25, 10);
    expect(nyse.count({ start: from + 16 * HOUR_MS, end: from + 24 * HOUR_MS })).toBeCloseTo(0.5, 10);
    expect(always.count({ start: from, end: from + 6 * HOUR_MS })).toBeCloseTo(0.25, 10);
  });

  test("nights, weekends and what is outside of the span count nothing", () => {
    expect(nyse.count(span("2023-06-03", "2023-06-05"))).toBe(0);
    expect(nyse.count(span("2020-01-01", "2021-01-01"))).toBe(0);
    expect(nyse.count(span("2024-02-01", "2025-01-01"))).toBe(0);
    expect(nyse.count({ start: whole.end, end: whole.start })).toBe(0);
  });

  test("is additive over adjacent intervals, and never negative", () => {
    fc.assert(
      fc.property(both, instant, instant, instant, ({ index }, ...instants) => {
        const [start, middle, end] = instants.sort((a, b) => a - b) as [number, number, number];
        const parts = [index.count({ start, end: middle }), index.count({ start: middle, end })] as const;
        expect(Math.min(...parts)).toBeGreaterThanOrEqual(0);
        expect(parts[0] + parts[1]).toBeCloseTo(index.count({ start, end }), 9);
      }),
      { numRuns: 500 },
    );
  });

  test("equals the number of sessions that lie wholly inside", () => {
    fc.assert(
      fc.property(both, fc.nat({ max: 364 }), fc.nat({ max: 200 }), ({ hours, index }, from, length) => {
        // 06:00Z is before the first trade and after the last one, in winter and in summer.
        const offset = hours === "nyse" ? 6 * HOUR_MS : 0;
        const start = whole.start + from * DAY_MS + offset;
        const end = Math.min(start + length * DAY_MS, whole.end);
        fc.pre(start < end);
        expect(index.count({ start, end })).toBeCloseTo(calendars[hours].sessions({ start, end }).length, 9);
      }),
      { numRuns: 300 },
    );
  });

  test("a span without an instant asks nothing of the calendar", () => {
    const never = { sessions: () => expect.fail("asked") };
    const index = sessionIndex(never, { start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY });
    expect(index.count(whole)).toBe(0);
    expect(index.cut(whole, 5)).toEqual([whole]);
  });
});

describe("cut", () => {
  const midnightsOf = (hours: MarketHours) => new Set(calendars[hours].sessions(whole).map((one) => one.midnight));
  const midnights = { nyse: midnightsOf("nyse"), always: midnightsOf("always") };

  const tiles = (pieces: readonly Interval[], { start, end }: Interval) => {
    expect(pieces[0]?.start).toBe(start);
    expect(pieces.at(-1)?.end).toBe(end);
    for (const [i, piece] of pieces.entries()) {
      expect(piece.end).toBeGreaterThan(piece.start);
      if (i > 0) expect(piece.start).toBe(pieces[i - 1]?.end);
    }
  };

  test("tiles any interval, at midnights of sessions only, in even pieces", () => {
    fc.assert(
      fc.property(
        both,
        instant,
        fc.integer({ min: 1, max: 400 * 1440 }),
        fc.integer({ min: 1, max: 400 }),
        ({ hours, index }, start, minutes, pieces) => {
          const interval = { start, end: start + minutes * MINUTE_MS };
          const cuts = index.cut(interval, pieces);
          tiles(cuts, interval);
          expect(cuts.length).toBeLessThanOrEqual(pieces);
          for (const { start } of cuts.slice(1)) expect(midnights[hours].has(start)).toBe(true);
          if (cuts.length === pieces) {
            const counts = cuts.map((cut) => index.count(cut));
            expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(2);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test("whole sessions are cut into as many pieces as were asked for, none thin", () => {
    const month = span("2023-03-01", "2023-03-30");
    // 21 sessions and no rest: 4, 4, 5, 4, 4 and the like, never 5, 5, 5, 5, 1.
    const counts = always.cut({ start: month.start, end: month.start + 21 * DAY_MS }, 5).map(always.count);
    expect(counts).toHaveLength(5);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...counts)).toBeLessThanOrEqual(5);
    expect(always.cut({ start: month.start, end: month.start + 11 * DAY_MS }, 10)).toHaveLength(10);
  });

  test("where there are fewer sessions than pieces, each has its own", () => {
    const week = span("2023-06-05", "2023-06-10");
    const cuts = nyse.cut(week, 100);
    tiles(cuts, week);
    expect(cuts).toHaveLength(5);
    expect(nyse.cut(week, Number.POSITIVE_INFINITY)).toEqual(cuts);
  });

  test("an interval without a session is one piece", () => {
    const weekend = span("2023-06-03", "2023-06-05");
    expect(nyse.cut(weekend, 7)).toEqual([weekend]);
  });
});
