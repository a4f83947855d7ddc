import { describe, expect, test } from "vitest";
import type { Interval } from "../../src/model/interval.ts";
import { newYorkMidnight, parseDay } from "../../src/model/new-york.ts";
import { alwaysOpen, calendarFor, nyseCalendar, type Session } from "../../src/model/session.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";

const utc = (text: string) => Date.parse(text);
const calendar = nyseCalendar();

/** From the New York midnight of `from` to that of `to`, exclusive. */
const days = (from: string, to: string): Interval => ({
  start: newYorkMidnight(parseDay(from)),
  end: newYorkMidnight(parseDay(to)),
});
const year = (of: number) => calendar.sessions(days(`${of}-01-01`, `${of + 1}-01-01`));
const isHalf = ({ open, close }: Session) => close - open < 6 * HOUR_MS;
const dates = (sessions: readonly Session[]) => sessions.map(({ date }) => date);

describe("known years", () => {
  test.each([
    [1999, 252],
    [2001, 248],
    [2004, 252],
    [2012, 250],
    [2018, 251],
    [2020, 253],
    [2021, 252],
    [2022, 251],
    [2023, 250],
    [2024, 252],
    [2025, 250],
    [2026, 251],
  ])("%d has %d sessions", (of, count) => {
    expect(year(of)).toHaveLength(count);
  });

  test.each<[number, string[]]>([
    [2012, ["2012-07-03", "2012-11-23", "2012-12-24"]],
    [2023, ["2023-07-03", "2023-11-24"]],
    [2024, ["2024-07-03", "2024-11-29", "2024-12-24"]],
    [2025, ["2025-07-03", "2025-11-28", "2025-12-24"]],
    [2026, ["2026-11-27", "2026-12-24"]],
  ])("the half days of %d", (of, halfDays) => {
    expect(dates(year(of).filter(isHalf))).toEqual(halfDays);
  });

  test("Juneteenth is a holiday from 2022 on", () => {
    const june = (of: number) => dates(calendar.sessions(days(`${of}-06-17`, `${of}-06-22`)));
    expect(june(2020)).toContain("2020-06-19");
    expect(june(2021)).toContain("2021-06-18");
    // A Sunday in 2022, and so kept on the Monday.
    expect(june(2022)).not.toContain("2022-06-20");
    expect(june(2023)).not.toContain("2023-06-19");
    expect(june(2024)).not.toContain("2024-06-19");
  });

  test("the exchange's own closures", () => {
    for (const [from, to] of [
      ["2001-09-11", "2001-09-15"],
      ["2004-06-11", "2004-06-12"],
      ["2007-01-02", "2007-01-03"],
      ["2012-10-29", "2012-10-31"],
      ["2018-12-05", "2018-12-06"],
      ["2025-01-09", "2025-01-10"],
    ] as const) {
      expect(calendar.sessions(days(from, to))).toEqual([]);
    }
  });

  test("New Year on a Saturday closes no Friday", () => {
    expect(dates(calendar.sessions(days("2021-12-30", "2022-01-05")))).toEqual([
      "2021-12-30",
      "2021-12-31",
      "2022-01-03",
      "2022-01-04",
    ]);
  });
});

describe("hours", () => {
  test("a full day in winter, and one in summer", () => {
    expect(calendar.sessions(days("2024-01-03", "2024-01-04"))).toEqual([
      {
        date: "2024-01-03",
        midnight: utc("2024-01-03T05:00:00Z"),
        open: utc("2024-01-03T14:30:00Z"),
        close: utc("2024-01-03T21:00:00Z"),
        extendedOpen: utc("2024-01-03T09:00:00Z"),
        extendedClose: utc("2024-01-04T01:00:00Z"),
      },
    ]);
    expect(calendar.sessions(days("2024-07-02", "2024-07-03"))[0]).toMatchObject({
      midnight: utc("2024-07-02T04:00:00Z"),
      open: utc("2024-07-02T13:30:00Z"),
      extendedClose: utc("2024-07-03T00:00:00Z"),
    });
  });

  test("a half day", () => {
    expect(calendar.sessions(days("2024-11-29", "2024-11-30"))[0]).toMatchObject({
      open: utc("2024-11-29T14:30:00Z"),
      close: utc("2024-11-29T18:00:00Z"),
      extendedClose: utc("2024-11-29T22:00:00Z"),
    });
  });

  test("sessions ascend, never overlap, and have 390 or 210 regular minutes", () => {
    const all = calendar.sessions(days("1998-01-01", "2031-01-01"));
    for (const [i, session] of all.entries()) {
      expect([390, 210]).toContain((session.close - session.open) / MINUTE_MS);
      expect(session.midnight).toBeLessThan(session.extendedOpen);
      expect(session.extendedOpen).toBeLessThan(session.open);
      expect(session.close).toBeLessThan(session.extendedClose);
      expect(session.extendedClose).toBeLessThanOrEqual(all[i + 1]?.midnight ?? Number.POSITIVE_INFINITY);
    }
  });
});

describe("what a calendar is asked for", () => {
  const { extendedOpen, extendedClose } = calendar.sessions(days("2024-01-03", "2024-01-04"))[0] as Session;

  test.each<[string, Interval, number]>([
    ["its first millisecond", { start: extendedOpen, end: extendedOpen + 1 }, 1],
    ["its last millisecond", { start: extendedClose - 1, end: extendedClose }, 1],
    ["up to its start, exclusive", { start: extendedOpen - HOUR_MS, end: extendedOpen }, 0],
    ["from its end", { start: extendedClose, end: extendedClose + HOUR_MS }, 0],
    ["nothing", { start: extendedOpen + 1, end: extendedOpen + 1 }, 0],
    ["less than nothing", { start: extendedClose, end: extendedOpen }, 0],
  ])("%s", (_name, within, count) => {
    expect(calendar.sessions(within)).toHaveLength(count);
  });

  test("across the turn of a year", () => {
    expect(dates(calendar.sessions(days("2023-12-29", "2024-01-03")))).toEqual(["2023-12-29", "2024-01-02"]);
  });
});

describe("around the clock", () => {
  test("every UTC day is one session", () => {
    const [first, second, ...rest] = alwaysOpen().sessions({
      start: utc("2024-01-06T12:00:00Z"),
      end: utc("2024-01-07T00:00:00.001Z"),
    });
    expect(rest).toEqual([]);
    expect(first).toEqual({
      date: "2024-01-06",
      midnight: utc("2024-01-06T00:00:00Z"),
      open: utc("2024-01-06T00:00:00Z"),
      close: utc("2024-01-07T00:00:00Z"),
      extendedOpen: utc("2024-01-06T00:00:00Z"),
      extendedClose: utc("2024-01-07T00:00:00Z"),
    });
    expect(second?.midnight).toBe((first as Session).midnight + DAY_MS);
  });

  test("nothing is asked for, nothing comes", () => {
    const noon = utc("2024-01-06T12:00:00Z");
    expect(alwaysOpen().sessions({ start: noon, end: noon })).toEqual([]);
  });
});

test("calendarFor", () => {
  const holiday = days("2024-12-25", "2024-12-26");
  expect(calendarFor("nyse").sessions(holiday)).toEqual([]);
  expect(calendarFor("always").sessions(holiday).length).toBeGreaterThan(0);
});
