import type { EpochMs, Interval } from "../../model/interval.ts";
import {
  type DayNumber,
  formatDay,
  newYorkDay,
  newYorkMidnight,
  newYorkTime,
  parseDay,
  weekday,
} from "../../model/new-york.ts";
import { isIntraday, nominalMs, type Timeframe } from "../../model/timeframe.ts";
import { DAY_MS, HOUR_MS } from "../../model/units.ts";

/** Where bars open that the service's documentation leaves open. */
export interface BarGrid {
  /** `4Hour` bars: at 00:00, 04:00, … New York, or UTC. */
  readonly fourHour: "new-york" | "utc";
  /** Crypto bars of a day and longer: at midnight UTC, or Chicago (05:00Z in summer, 06:00Z in winter). */
  readonly cryptoDay: "utc" | "chicago";
}

export const DEFAULT_GRID: BarGrid = { fourHour: "new-york", cryptoDay: "utc" };

/** Whose midnight begins a day. */
export type DayZone = "new-york" | "utc" | "chicago";

/** The date at `instant`. */
export function dayAt(instant: EpochMs, zone: DayZone): DayNumber {
  if (zone === "utc") return Math.floor(instant / DAY_MS);
  return newYorkDay(zone === "chicago" ? instant - HOUR_MS : instant);
}

/** The instant at which `day` begins. */
export function dayOpen(day: DayNumber, zone: DayZone): EpochMs {
  if (zone === "utc") return day * DAY_MS;
  // Both cities change their clocks at 02:00 of the same Sundays, so their midnights are always an hour apart.
  return newYorkMidnight(day) + (zone === "chicago" ? HOUR_MS : 0);
}

/** The first day of the bar that holds `day`: the day itself, its Monday, or the first of its month. */
export function firstDay(timeframe: Timeframe, day: DayNumber): DayNumber {
  if (timeframe === "1Week") return day - ((weekday(day) + 6) % 7);
  if (timeframe === "1Month") return parseDay(`${formatDay(day).slice(0, 7)}-01`);
  return day;
}

/** The first day of the next bar, where `first` is the first day of a bar. */
export function nextFirstDay(timeframe: Timeframe, first: DayNumber): DayNumber {
  if (timeframe === "1Month") return firstDay("1Month", first + 31);
  return first + (timeframe === "1Week" ? 7 : 1);
}

/** The time `[open, end)` of the bar that holds `instant`. */
export function barSpan(timeframe: Timeframe, instant: EpochMs, zone: DayZone, grid: BarGrid): Interval {
  if (!isIntraday(timeframe)) {
    const first = firstDay(timeframe, dayAt(instant, zone));
    return { start: dayOpen(first, zone), end: dayOpen(nextFirstDay(timeframe, first), zone) };
  }
  if (timeframe === "4Hour" && grid.fourHour === "new-york") return newYorkFourHours(instant);
  const length = nominalMs(timeframe);
  const start = Math.floor(instant / length) * length;
  return { start, end: start + length };
}

/** The first bar of a Sunday on which the clocks change is an hour short or long; all others are four hours. */
function newYorkFourHours(instant: EpochMs): Interval {
  const day = newYorkDay(instant);
  const four = newYorkTime(day, 4 * 60);
  if (instant < four) return { start: newYorkMidnight(day), end: four };
  const start = four + Math.floor((instant - four) / (4 * HOUR_MS)) * 4 * HOUR_MS;
  return { start, end: start + 4 * HOUR_MS };
}
