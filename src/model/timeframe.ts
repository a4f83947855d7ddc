import type { EpochMs } from "./interval.ts";
import { formatDay, newYorkDay, newYorkMidnight, parseDay, weekday } from "./new-york.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./units.ts";

/** How long a bar is, in Alpaca's spelling, shortest first. */
export const TIMEFRAMES = ["1Min", "5Min", "15Min", "30Min", "1Hour", "4Hour", "1Day", "1Week", "1Month"] as const;

/** How long a bar is, in Alpaca's spelling. */
export type Timeframe = (typeof TIMEFRAMES)[number];

/** Short spellings that are accepted wherever a timeframe is input, and mean the same. */
export const TIMEFRAME_ALIASES = {
  m1: "1Min",
  m5: "5Min",
  m15: "15Min",
  m30: "30Min",
  h1: "1Hour",
  h4: "4Hour",
  d1: "1Day",
  w1: "1Week",
  mo1: "1Month",
} as const satisfies Record<string, Timeframe>;

/** Either spelling of a timeframe. */
export type TimeframeInput = Timeframe | keyof typeof TIMEFRAME_ALIASES;

/** Where bars of a day and longer begin: at New York midnight, or at a whole hour nobody promises. */
export type DayAnchor = "new-york" | "unknown";

const ALIASES = new Map<string, Timeframe>(Object.entries(TIMEFRAME_ALIASES));

/** The timeframe of either spelling, or `undefined` for anything else. */
export function parseTimeframe(input: string): Timeframe | undefined {
  return ALIASES.get(input) ?? TIMEFRAMES.find((timeframe) => timeframe === input);
}

/** Both in ms; they differ where a clock change or the month stretches or shortens a bar. */
const LENGTH_MS: Record<Timeframe, { readonly shortest: number; readonly longest: number }> = {
  "1Min": { shortest: MINUTE_MS, longest: MINUTE_MS },
  "5Min": { shortest: 5 * MINUTE_MS, longest: 5 * MINUTE_MS },
  "15Min": { shortest: 15 * MINUTE_MS, longest: 15 * MINUTE_MS },
  "30Min": { shortest: 30 * MINUTE_MS, longest: 30 * MINUTE_MS },
  "1Hour": { shortest: HOUR_MS, longest: HOUR_MS },
  // A bar that follows New York's clock is an hour short in March and an hour long in November.
  "4Hour": { shortest: 3 * HOUR_MS, longest: 5 * HOUR_MS },
  "1Day": { shortest: 23 * HOUR_MS, longest: 25 * HOUR_MS },
  "1Week": { shortest: 7 * DAY_MS - HOUR_MS, longest: 7 * DAY_MS + HOUR_MS },
  "1Month": { shortest: 28 * DAY_MS - HOUR_MS, longest: 31 * DAY_MS + HOUR_MS },
};

/** True for timeframes shorter than a day. */
export function isIntraday(timeframe: Timeframe): boolean {
  return LENGTH_MS[timeframe].longest < DAY_MS - HOUR_MS;
}

/** The usual length of a bar in ms: a day is 24 hours, a month 30 days. */
export function nominalMs(timeframe: Timeframe): number {
  if (timeframe === "1Month") return 30 * DAY_MS;
  const { shortest, longest } = LENGTH_MS[timeframe];
  return (shortest + longest) / 2;
}

/** The longest that a bar lasts, in ms: a day of 25 hours, a month of 31 days. */
export function longestMs(timeframe: Timeframe): number {
  return LENGTH_MS[timeframe].longest;
}

/**
 * The earliest instant at which a bar after the one of `openTime` could open. A series that was answered
 * up to that bar is settled up to here, and two bars closer together than this overlap.
 */
export function earliestNextOpen(timeframe: Timeframe, openTime: EpochMs): EpochMs {
  return openTime + LENGTH_MS[timeframe].shortest;
}

/**
 * The end (exclusive) of the opens whose bars are over at `now`: no bar that opens before it can still
 * change by trading. Where the grid is certain this is a point of the grid; where it is not, it is right
 * for every grid of whole hours.
 */
export function finalBefore(timeframe: Timeframe, now: EpochMs, anchor: DayAnchor): EpochMs {
  const { shortest, longest } = LENGTH_MS[timeframe];
  if (shortest === longest) return Math.floor(now / shortest) * shortest;
  if (isIntraday(timeframe) || anchor === "unknown") {
    // The last whole hour at which a bar of the longest kind is over, itself included.
    return Math.floor((now - longest) / HOUR_MS) * HOUR_MS + HOUR_MS;
  }
  return floorToNewYork(timeframe, now);
}

/** The last New York day, Monday or first of the month that begins at or before `instant`. */
export function floorToNewYork(timeframe: Timeframe, instant: EpochMs): EpochMs {
  const day = newYorkDay(instant);
  if (timeframe === "1Week") return newYorkMidnight(day - ((weekday(day) + 6) % 7));
  if (timeframe === "1Month") return newYorkMidnight(parseDay(`${formatDay(day).slice(0, 7)}-01`));
  return newYorkMidnight(day);
}
