import type { Interval } from "./interval.ts";

/** The lengths of `intervals`, in ms; an instant that is in several counts for each. */
export function timeIn(intervals: Iterable<Interval>): number {
  let sum = 0;
  for (const { start, end } of intervals) sum += end - start;
  return sum;
}

/** What `parts` ask for, in ms summed over symbols. */
export function seriesTimeIn(
  parts: Iterable<{ readonly symbols: readonly unknown[]; readonly interval: Interval }>,
): number {
  let sum = 0;
  for (const { symbols, interval } of parts) sum += symbols.length * (interval.end - interval.start);
  return sum;
}
