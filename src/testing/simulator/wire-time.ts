import type { EpochMs } from "../../model/interval.ts";
import { newYorkDay, newYorkMidnight, parseDay } from "../../model/new-york.ts";
import { DAY_MS } from "../../model/units.ts";

/** An instant as the wire says it: ms since the epoch, and the nanoseconds past them, 0 to 999,999. */
export interface WireTime {
  readonly ms: EpochMs;
  readonly nanos: number;
}

/** Whose midnight a date without a time means. */
export type DateZone = "utc" | "new-york";

const RFC3339 = /^(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** The instant of RFC 3339, to the nanosecond and with any offset, or of `YYYY-MM-DD`; `undefined` for other texts. */
export function parseWireTime(text: string, dateZone: DateZone): WireTime | undefined {
  if (DATE.test(text)) {
    const day = realDay(text);
    if (day === undefined) return undefined;
    return { ms: dateZone === "utc" ? day * DAY_MS : newYorkMidnight(day), nanos: 0 };
  }
  const parts = RFC3339.exec(text);
  if (parts === null) return undefined;
  const [, date = "", hour, minute, second, fraction = "", sign, offsetHour = 0, offsetMinute = 0] = parts;
  const day = realDay(date);
  if (day === undefined) return undefined;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  if (Number(offsetHour) > 23 || Number(offsetMinute) > 59) return undefined;
  const offset = (Number(offsetHour) * 60 + Number(offsetMinute)) * (sign === "-" ? -1 : 1);
  const nanos = Number(fraction.padEnd(9, "0"));
  const ms = day * DAY_MS + (Number(hour) * 60 + Number(minute) - offset) * 60_000 + Number(second) * 1000;
  return { ms: ms + Math.floor(nanos / 1e6), nanos: nanos % 1e6 };
}

/** Negative when `a` comes before `b`, 0 when they are the same. */
export function compareWireTimes(a: WireTime, b: WireTime): number {
  return a.ms - b.ms || a.nanos - b.nanos;
}

/** The midnight that began the day of `instant`. */
export function startOfDay(instant: EpochMs, zone: DateZone): EpochMs {
  return zone === "utc" ? Math.floor(instant / DAY_MS) * DAY_MS : newYorkMidnight(newYorkDay(instant));
}

/** Writes open times as `2022-01-03T09:00:00Z`. Remembers the day, since bars come in order. */
export function timeWriter(): (instant: EpochMs) => string {
  let day = Number.NaN;
  let prefix = "";
  return (instant) => {
    const today = Math.floor(instant / DAY_MS);
    if (today !== day) {
      day = today;
      prefix = new Date(today * DAY_MS).toISOString().slice(0, 11);
    }
    const second = Math.floor((instant - today * DAY_MS) / 1000);
    return `${prefix}${MINUTES[Math.floor(second / 60)]}:${two(second % 60)}Z`;
  };
}

const two = (value: number) => String(value).padStart(2, "0");
const MINUTES = Array.from({ length: 24 * 60 }, (_, minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`);

/** The day number of a date that exists; `Date.parse` takes the 30th of February for a day of March. */
function realDay(date: string): number | undefined {
  const day = parseDay(date);
  return Number.isNaN(day) || new Date(day * DAY_MS).toISOString().slice(0, 10) !== date ? undefined : day;
}
