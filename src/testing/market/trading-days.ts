import { type DayNumber, formatDay, newYorkMidnight, parseDay } from "../../model/new-york.ts";
import { nyseCalendar, type Session } from "../../model/session.ts";

/** The session of a New York date, or `undefined` when the exchange is closed. */
export type SessionOn = (day: DayNumber) => Session | undefined;

/** NYSE sessions by day number; years are computed when first asked for. */
export function tradingDays(): SessionOn {
  const calendar = nyseCalendar();
  const years = new Set<number>();
  const sessions = new Map<DayNumber, Session>();
  // Days of the years loaded last, so that a walk through days asks for its year once.
  let from = 0;
  let to = 0;
  return (day) => {
    if (day < from || day >= to) {
      const year = Number(formatDay(day).slice(0, 4));
      from = parseDay(`${year}-01-01`);
      to = parseDay(`${year + 1}-01-01`);
      if (!years.has(year)) {
        years.add(year);
        const within = { start: newYorkMidnight(from), end: newYorkMidnight(to) };
        for (const session of calendar.sessions(within)) sessions.set(parseDay(session.date), session);
      }
    }
    return sessions.get(day);
  };
}
