import fc from "fast-check";
import { expect, it } from "vitest";
import { hullOf } from "../../src/model/hull.ts";
import { isEmpty } from "../../src/model/interval.ts";

const interval = fc
  .tuple(fc.integer(), fc.nat({ max: 1000 }))
  .map(([start, length]) => ({ start, end: start + length }));

it("reaches from the first to the last instant, and no further", () => {
  fc.assert(
    fc.property(fc.array(interval, { minLength: 1 }), (intervals) => {
      const { start, end } = hullOf(intervals);
      expect(intervals.every((one) => start <= one.start && one.end <= end)).toBe(true);
      expect(intervals.some((one) => one.start === start) && intervals.some((one) => one.end === end)).toBe(true);
    }),
  );
});

it("is empty where there is none", () => {
  expect(isEmpty(hullOf([]))).toBe(true);
});
