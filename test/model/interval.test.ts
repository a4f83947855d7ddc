import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  clip,
  contains,
  formatInterval,
  type Interval,
  intersect,
  isEmpty,
  merge,
  subtract,
} from "../../src/model/interval.ts";

const instant = fc.integer({ min: 0, max: 40 });
/** Any interval, also empty and backward ones. */
const interval: fc.Arbitrary<Interval> = fc.record({ start: instant, end: instant });
const intervals = fc.array(interval, { maxLength: 8 });

/** The naive model: the instants themselves. */
function instants(list: readonly Interval[]): Set<number> {
  const set = new Set<number>();
  for (const { start, end } of list) for (let t = start; t < end; t++) set.add(t);
  return set;
}

/** The fewest intervals of a set of instants. */
function runsOf(set: ReadonlySet<number>): Interval[] {
  const runs: { start: number; end: number }[] = [];
  for (const t of [...set].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last !== undefined && last.end === t) last.end = t + 1;
    else runs.push({ start: t, end: t + 1 });
  }
  return runs;
}

describe("against sets of instants", () => {
  test("merge: the same instants as the fewest intervals", () => {
    fc.assert(
      fc.property(intervals, (list) => {
        expect(merge(list)).toEqual(runsOf(instants(list)));
      }),
    );
  });

  test("merge takes its own result unchanged, and never touches its input", () => {
    fc.assert(
      fc.property(intervals, (list) => {
        const before = structuredClone(list);
        const merged = merge(list);
        expect(merge(merged)).toEqual(merged);
        expect(list).toEqual(before);
      }),
    );
  });

  test("subtract", () => {
    fc.assert(
      fc.property(intervals, intervals, (wanted, covered) => {
        const holes = instants(covered);
        const rest = new Set([...instants(wanted)].filter((t) => !holes.has(t)));
        expect(subtract(wanted, covered)).toEqual(runsOf(rest));
      }),
    );
  });

  test("intersect", () => {
    fc.assert(
      fc.property(intervals, intervals, (a, b) => {
        const right = instants(b);
        const both = new Set([...instants(a)].filter((t) => right.has(t)));
        expect(intersect(a, b)).toEqual(runsOf(both));
      }),
    );
  });

  test("clip", () => {
    fc.assert(
      fc.property(interval, interval, (piece, within) => {
        const right = instants([within]);
        const both = new Set([...instants([piece])].filter((t) => right.has(t)));
        expect(clip(piece, within)).toEqual(runsOf(both)[0]);
      }),
    );
  });

  test("contains and isEmpty", () => {
    fc.assert(
      fc.property(interval, instant, (piece, t) => {
        expect(contains(piece, t)).toBe(instants([piece]).has(t));
        expect(isEmpty(piece)).toBe(instants([piece]).size === 0);
      }),
    );
  });
});

describe("half-open", () => {
  test("the start is inside, the end is not", () => {
    expect(contains({ start: 10, end: 20 }, 10)).toBe(true);
    expect(contains({ start: 10, end: 20 }, 20)).toBe(false);
  });

  test("neighbours share no instant, and merge into one", () => {
    const left = { start: 0, end: 10 };
    const right = { start: 10, end: 20 };
    expect(clip(left, right)).toBeUndefined();
    expect(merge([right, left])).toEqual([{ start: 0, end: 20 }]);
  });
});

test("subtract stays fast with many pieces on both sides", () => {
  const wanted = Array.from({ length: 50_000 }, (_, i) => ({ start: i * 10, end: i * 10 + 6 }));
  const covered = Array.from({ length: 50_000 }, (_, i) => ({ start: i * 10 + 2, end: i * 10 + 4 }));
  // Quadratic work would be 2.5 billion steps, beyond the test's time limit.
  expect(subtract(wanted, covered)).toHaveLength(100_000);
});

test("formatInterval", () => {
  const interval = { start: Date.parse("2024-01-02T05:00:00Z"), end: Date.parse("2024-01-03T05:00:00Z") };
  expect(formatInterval(interval)).toBe("2024-01-02T05:00:00.000Z/2024-01-03T05:00:00.000Z");
});
