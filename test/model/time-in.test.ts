import { expect, test } from "vitest";
import { seriesTimeIn, timeIn } from "../../src/model/time-in.ts";

const HOUR = { start: 0, end: 3_600_000 };
const MINUTE = { start: 60_000, end: 120_000 };

test("the lengths of intervals add up, those that overlap too; none are nothing", () => {
  expect(timeIn([])).toBe(0);
  expect(timeIn([HOUR, MINUTE, MINUTE])).toBe(3_720_000);
});

test("series-time counts each symbol", () => {
  expect(seriesTimeIn([])).toBe(0);
  const parts = [
    { symbols: ["A", "B"], interval: HOUR },
    { symbols: ["A"], interval: MINUTE },
  ];
  expect(seriesTimeIn(parts)).toBe(7_260_000);
});
