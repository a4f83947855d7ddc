import type { EpochMs, Interval } from "../../model/interval.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../model/units.ts";

/** `1,234`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `98.2 %`; never rounds up to 100 or down to 0. */
export function percent(share: number): string {
  const rounded = Math.round(share * 1000) / 10;
  if (share < 1 && rounded === 100) return "99.9 %";
  if (share > 0 && rounded === 0) return "0.1 %";
  return `${rounded} %`;
}

/** `12 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`: two units at most; what takes time is never rounded down to none. */
export function duration(ms: number): string {
  if (ms > 0 && ms < 100) return "under 0.1 s";
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  // What rounds up to the next unit is said in that one.
  if (ms < MINUTE_MS - 500) return `${Math.round(ms / 1000)} s`;
  if (ms < HOUR_MS - 500) return units(ms, MINUTE_MS, "min", 1000, "s");
  if (ms < DAY_MS - MINUTE_MS / 2) return units(ms, HOUR_MS, "h", MINUTE_MS, "min");
  return units(ms, DAY_MS, "d", HOUR_MS, "h");
}

function units(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const smalls = Math.round(ms / small);
  const rest = smalls % (large / small);
  const whole = `${Math.floor(smalls / (large / small))} ${largeName}`;
  return rest === 0 ? whole : `${whole} ${rest} ${smallName}`;
}

/** `1.2 GB`, powers of ten. */
export function bytes(value: number): string {
  const names = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  let rest = value;
  for (; rest >= 999.5 && at < names.length - 1; at++) rest /= 1000;
  return `${at === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${names[at]}`;
}

/** `2024-01-02` at midnight UTC, else `2024-01-02T14:30Z`; seconds and milliseconds only where there are any. */
export function instant(at: EpochMs): string {
  const text = new Date(at).toISOString();
  if (at % DAY_MS === 0) return text.slice(0, 10);
  if (at % MINUTE_MS === 0) return `${text.slice(0, 16)}Z`;
  return at % 1000 === 0 ? `${text.slice(0, 19)}Z` : text;
}

/** `2024-01-02T14:30Z`: an instant to the minute that had begun, which is enough for people. */
export function minute(at: EpochMs): string {
  return instant(Math.floor(at / MINUTE_MS) * MINUTE_MS);
}

/** `2024-01-02T14:30:05Z`: an instant at which something happened, to the second that had begun. */
export function second(at: EpochMs): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** Half-open: `2024-01-02/2024-01-03`. */
export function span({ start, end }: Interval): string {
  return `${instant(start)}/${instant(end)}`;
}

/** `one series`, `2 series`: `noun` is counted. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${Math.round(value) === 1 ? one : many}`;
}
