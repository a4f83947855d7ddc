import { tzOffset } from "@date-fns/tz";
import type { EpochMs } from "./interval.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./units.ts";

/** A calendar date as whole days since 1970-01-01, so that dates compare and add as numbers. */
export type DayNumber = number;

/** Offsets change at 02:00 New York only, so one look-up a UTC hour serves for all its instants. */
const offsetByHour = new Map<number, number>();

function offsetMs(instant: EpochMs): number {
  const hour = Math.floor(instant / HOUR_MS);
  let offset = offsetByHour.get(hour);
  if (offset === undefined) {
    offset = tzOffset("America/New_York", new Date(hour * HOUR_MS)) * MINUTE_MS;
    if (offsetByHour.size > 50_000) offsetByHour.clear();
    offsetByHour.set(hour, offset);
  }
  return offset;
}

/** The New York date at `instant`. */
export function newYorkDay(instant: EpochMs): DayNumber {
  return Math.floor((instant + offsetMs(instant)) / DAY_MS);
}

/** The instant at which the New York date `day` begins: 05:00Z in winter, 04:00Z in summer. */
export function newYorkMidnight(day: DayNumber): EpochMs {
  const utcMidnight = day * DAY_MS;
  // 05:00Z is 00:00 or 01:00 in New York: the right date, and before any change of offset.
  return utcMidnight - offsetMs(utcMidnight + 5 * HOUR_MS);
}

/** The instant of a New York wall-clock time on `day`. `minutes` counts from midnight; 120 or more. */
export function newYorkTime(day: DayNumber, minutes: number): EpochMs {
  const asUtc = day * DAY_MS + minutes * MINUTE_MS;
  return asUtc - offsetMs(day * DAY_MS + 12 * HOUR_MS);
}

/** `YYYY-MM-DD` of a day number. */
export function formatDay(day: DayNumber): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** The day number of `YYYY-MM-DD`. */
export function parseDay(date: string): DayNumber {
  return Date.parse(`${date}T00:00:00Z`) / DAY_MS;
}

/** 0 is Sunday, 6 is Saturday. */
export function weekday(day: DayNumber): number {
  return (((day + 4) % 7) + 7) % 7;
}
