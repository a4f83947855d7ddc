/** Milliseconds since the epoch, UTC. */
export type EpochMs = number;

/** Half-open `[start, end)`: the only kind of range inside barfill. Empty when `end <= start`. */
export interface Interval {
  /** Inclusive. */
  readonly start: EpochMs;
  /** Exclusive. */
  readonly end: EpochMs;
}

/** True when no instant lies in `interval`. */
export function isEmpty(interval: Interval): boolean {
  return interval.end <= interval.start;
}

/** True when `instant` lies in `[start, end)`. */
export function contains(interval: Interval, instant: EpochMs): boolean {
  return instant >= interval.start && instant < interval.end;
}

/** The part of `interval` inside `within`, or `undefined` when they share no instant. */
export function clip(interval: Interval, within: Interval): Interval | undefined {
  const start = Math.max(interval.start, within.start);
  const end = Math.min(interval.end, within.end);
  return start < end ? { start, end } : undefined;
}

/**
 * The same instants as the fewest intervals: ascending, disjoint, never touching.
 * Takes any order, overlaps and empty intervals.
 */
export function merge(intervals: Iterable<Interval>): Interval[] {
  const sorted = [...intervals].filter((i) => !isEmpty(i)).sort((a, b) => a.start - b.start);
  const merged: Interval[] = [];
  for (const next of sorted) {
    const last = merged.at(-1);
    if (last !== undefined && next.start <= last.end) {
      if (next.end > last.end) merged[merged.length - 1] = { start: last.start, end: next.end };
    } else {
      merged.push({ start: next.start, end: next.end });
    }
  }
  return merged;
}

/** The instants of `wanted` that are in none of `covered`, merged. Takes any order and overlaps. */
export function subtract(wanted: Iterable<Interval>, covered: Iterable<Interval>): Interval[] {
  const holes = merge(covered);
  const rest: Interval[] = [];
  let first = 0;
  for (const { start, end } of merge(wanted)) {
    let from = start;
    // `wanted` ascends, so a hole that ends before this piece ends before all later ones.
    while (first < holes.length && (holes[first] as Interval).end <= from) first++;
    for (let i = first; i < holes.length; i++) {
      const hole = holes[i] as Interval;
      if (hole.start >= end) break;
      if (hole.start > from) rest.push({ start: from, end: hole.start });
      from = Math.max(from, hole.end);
    }
    if (from < end) rest.push({ start: from, end });
  }
  return rest;
}

/** The instants that are in both, merged. Takes any order and overlaps. */
export function intersect(a: Iterable<Interval>, b: Iterable<Interval>): Interval[] {
  const left = merge(a);
  return subtract(left, subtract(left, b));
}

/** `2024-01-02T05:00:00.000Z/2024-01-03T05:00:00.000Z`, for messages and ids. */
export function formatInterval({ start, end }: Interval): string {
  return `${new Date(start).toISOString()}/${new Date(end).toISOString()}`;
}
