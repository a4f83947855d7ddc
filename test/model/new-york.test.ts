import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDay, newYorkDay, newYorkMidnight, newYorkTime, parseDay, weekday } from "../../src/model/new-york.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";

const clock = new Intl.DateTimeFormat("en-US", {
  timeZone: "America/New_York",
  hourCycle: "h23",
  weekday: "short",
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

/** What a clock in New York shows, by the runtime's own calendar. */
function shown(instant: number) {
  const part = Object.fromEntries(clock.formatToParts(instant).map(({ type, value }) => [type, value]));
  return {
    date: `${part["year"]}-${part["month"]}-${part["day"]}`,
    time: `${part["hour"]}:${part["minute"]}:${part["second"]}`,
    weekday: part["weekday"],
  };
}

const YEARS = Array.from({ length: 2031 - 1998 }, (_, i) => 1998 + i);
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const FIRST = Date.parse("1998-01-01T05:00:00Z");
const LAST = Date.parse("2031-01-01T05:00:00Z");
const instant = fc.integer({ min: FIRST, max: LAST });

/** The day numbers from `from` to `to`, exclusive. */
function days(from: string, to: string): number[] {
  return Array.from({ length: parseDay(to) - parseDay(from) }, (_, i) => parseDay(from) + i);
}

describe("against Intl.DateTimeFormat", () => {
  test("every midnight from 1998 to 2030", () => {
    for (const day of days("1998-01-01", "2031-01-01")) {
      expect(shown(newYorkMidnight(day))).toEqual({
        date: formatDay(day),
        time: "00:00:00",
        weekday: WEEKDAYS[weekday(day)],
      });
    }
  });

  test.each(YEARS)("every half hour around the clock changes of %d", (year) => {
    const changes = days(`${year}-01-01`, `${year + 1}-01-01`).filter(
      (day) => newYorkMidnight(day + 1) - newYorkMidnight(day) !== DAY_MS,
    );
    expect(changes).toHaveLength(2);
    for (const day of changes) {
      for (let minute = -60; minute < 26 * 60; minute += 30) {
        const at = newYorkMidnight(day) + minute * MINUTE_MS;
        expect(formatDay(newYorkDay(at))).toBe(shown(at).date);
      }
      expect(shown(newYorkTime(day, 4 * 60))).toMatchObject({ date: formatDay(day), time: "04:00:00" });
      expect(shown(newYorkTime(day, 9 * 60 + 30))).toMatchObject({ date: formatDay(day), time: "09:30:00" });
    }
  });

  test("the date at any instant", () => {
    fc.assert(
      fc.property(instant, (at) => {
        expect(formatDay(newYorkDay(at))).toBe(shown(at).date);
      }),
      { numRuns: 1_000 },
    );
  });
});

test("a day holds exactly the instants from its midnight to the next", () => {
  fc.assert(
    fc.property(instant, (at) => {
      const day = newYorkDay(at);
      expect(newYorkMidnight(day)).toBeLessThanOrEqual(at);
      expect(newYorkMidnight(day + 1)).toBeGreaterThan(at);
      expect(newYorkDay(newYorkMidnight(day))).toBe(day);
      expect(newYorkDay(newYorkMidnight(day + 1) - 1)).toBe(day);
    }),
  );
});

test("midnight is 05:00Z in winter and 04:00Z in summer", () => {
  expect(newYorkMidnight(parseDay("2024-01-02"))).toBe(Date.parse("2024-01-02T05:00:00Z"));
  expect(newYorkMidnight(parseDay("2024-07-02"))).toBe(Date.parse("2024-07-02T04:00:00Z"));
});

test.each([
  ["2024-03-10", 23],
  ["2024-11-03", 25],
  ["2006-04-02", 23],
  ["2006-10-29", 25],
  ["2024-03-11", 24],
])("%s has %d hours", (date, hours) => {
  const day = parseDay(date);
  expect((newYorkMidnight(day + 1) - newYorkMidnight(day)) / HOUR_MS).toBe(hours);
});

test("day numbers and dates are one to one", () => {
  fc.assert(
    fc.property(fc.integer({ min: -20_000, max: 40_000 }), (day) => {
      expect(parseDay(formatDay(day))).toBe(day);
    }),
  );
  expect(parseDay("1970-01-01")).toBe(0);
  expect(weekday(0)).toBe(4);
  expect(weekday(-5)).toBe(6);
});
