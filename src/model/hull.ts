import type { Interval } from "./interval.ts";

/** From the first to the last instant of `intervals`; empty where there is none. */
export function hullOf(intervals: Iterable<Interval>): Interval {
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (const { start, end } of intervals) {
    first = Math.min(first, start);
    last = Math.max(last, end);
  }
  return { start: first, end: last };
}
