import { getHolidays } from "nyse-holidays";
import { type EpochMs, type Interval, isEmpty } from "./interval.ts";
import { type DayNumber, formatDay, newYorkDay, newYorkMidnight, newYorkTime, parseDay, weekday } from "./new-york.ts";
import { DAY_MS } from "./units.ts";

/** One trading day. Times are instants; the ends are exclusive. */
export interface Session {
  /** `YYYY-MM-DD`, in New York; in UTC where the market never closes. */
  readonly date: string;
  /** The midnight at which that date, and its `1Day` bar, begins. */
  readonly midnight: EpochMs;
  /** The regular session: 09:30 to 16:00 New York, to 13:00 on a half day. */
  readonly open: EpochMs;
  /** Exclusive: the end of the regular session. */
  readonly close: EpochMs;
  /** With the extended hours: 04:00 to 20:00 New York, to 17:00 on a half day. */
  readonly extendedOpen: EpochMs;
  /** Exclusive: the end of the extended hours. */
  readonly extendedClose: EpochMs;
}

/** When a market trades. */
export interface TradingCalendar {
  /** The sessions whose extended hours share an instant with `within`, ascending; empty when there is none. */
  sessions(within: Interval): readonly Session[];
}

/** The hours of a source's market: New York's, or around the clock. */
export type MarketHours = "nyse" | "always";

/** The calendar of `hours`. */
export function calendarFor(hours: MarketHours): TradingCalendar {
  return hours === "nyse" ? nyseCalendar() : alwaysOpen();
}

/** A market that never closes: every UTC day is one session of 24 hours. */
export function alwaysOpen(): TradingCalendar {
  return {
    sessions(within) {
      const sessions: Session[] = [];
      if (isEmpty(within)) return sessions;
      const end = Math.ceil(within.end / DAY_MS);
      for (let day = Math.floor(within.start / DAY_MS); day < end; day++) {
        const open = day * DAY_MS;
        const close = open + DAY_MS;
        sessions.push({ date: formatDay(day), midnight: open, open, close, extendedOpen: open, extendedClose: close });
      }
      return sessions;
    },
  };
}

const AT = { preMarket: 4 * 60, open: 9 * 60 + 30, halfClose: 13 * 60, close: 16 * 60, halfEnd: 17 * 60, end: 20 * 60 };

// What no rule foresees. nyse-holidays knows the rules; these are the exchange's own announcements since 1998:
// the attacks of September 2001, the funerals of Reagan, Ford, Bush and Carter, hurricane Sandy.
const UNSCHEDULED_CLOSURES = new Set([
  "2001-09-11",
  "2001-09-12",
  "2001-09-13",
  "2001-09-14",
  "2004-06-11",
  "2007-01-02",
  "2012-10-29",
  "2012-10-30",
  "2018-12-05",
  "2025-01-09",
]);
const UNSCHEDULED_HALF_DAYS = new Set(["1999-12-31", "2003-12-26"]);

/**
 * New York Stock Exchange sessions by the exchange's rules, 1998 onwards; a plan needs no more.
 * The unscheduled closures since 1998 are known up to 2025.
 */
export function nyseCalendar(): TradingCalendar {
  const years = new Map<number, readonly Session[]>();
  const sessionsOf = (year: number) => {
    let sessions = years.get(year);
    if (sessions === undefined) years.set(year, (sessions = nyseYear(year)));
    return sessions;
  };
  return {
    sessions(within) {
      const found: Session[] = [];
      if (isEmpty(within)) return found;
      const last = yearOf(newYorkDay(within.end - 1));
      for (let year = yearOf(newYorkDay(within.start)); year <= last; year++) {
        for (const session of sessionsOf(year)) {
          if (session.extendedOpen < within.end && session.extendedClose > within.start) found.push(session);
        }
      }
      return found;
    },
  };
}

function yearOf(day: DayNumber): number {
  return Number(formatDay(day).slice(0, 4));
}

function nyseYear(year: number): readonly Session[] {
  const holidays = new Set(getHolidays(year).map((holiday) => holiday.dateString));
  const sessions: Session[] = [];
  const end = parseDay(`${year + 1}-01-01`);
  for (let day = parseDay(`${year}-01-01`); day < end; day++) {
    const date = formatDay(day);
    const atWeekend = weekday(day) === 0 || weekday(day) === 6;
    if (!atWeekend && !holidays.has(date) && !UNSCHEDULED_CLOSURES.has(date)) {
      sessions.push(sessionOn(day, isHalfDay(day, date)));
    }
  }
  return sessions;
}

function sessionOn(day: DayNumber, half: boolean): Session {
  return {
    date: formatDay(day),
    midnight: newYorkMidnight(day),
    open: newYorkTime(day, AT.open),
    close: newYorkTime(day, half ? AT.halfClose : AT.close),
    extendedOpen: newYorkTime(day, AT.preMarket),
    extendedClose: newYorkTime(day, half ? AT.halfEnd : AT.end),
  };
}

/** Half days: the day after Thanksgiving, Christmas Eve, and the eve of Independence Day. */
function isHalfDay(day: DayNumber, date: string): boolean {
  if (UNSCHEDULED_HALF_DAYS.has(date)) return true;
  const [year, month, dayOfMonth] = date.split("-").map(Number) as [number, number, number];
  const name = weekday(day);
  if (month === 11) return name === 5 && dayOfMonth >= 23 && dayOfMonth <= 29;
  if (month === 12) return dayOfMonth === 24;
  // Until 2012 a Wednesday eve was a full day and the Friday after the holiday a half one.
  if (month === 7 && dayOfMonth === 3) return name === 1 || name === 2 || name === 4 || (name === 3 && year >= 2013);
  return month === 7 && dayOfMonth === 5 && name === 5 && year < 2013;
}
