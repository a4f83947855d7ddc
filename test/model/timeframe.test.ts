import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatDay, newYorkDay, newYorkMidnight, parseDay, weekday } from "../../src/model/new-york.ts";
import {
  type DayAnchor,
  earliestNextOpen,
  finalBefore,
  floorToNewYork,
  isIntraday,
  nominalMs,
  parseTimeframe,
  TIMEFRAME_ALIASES,
  TIMEFRAMES,
  type Timeframe,
} from "../../src/model/timeframe.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/units.ts";

const utc = (text: string) => Date.parse(text);

describe("parseTimeframe", () => {
  test.each(TIMEFRAMES)("%s is itself", (timeframe) => {
    expect(parseTimeframe(timeframe)).toBe(timeframe);
  });

  test.each(Object.entries(TIMEFRAME_ALIASES))("%s means %s", (alias, timeframe) => {
    expect(parseTimeframe(alias)).toBe(timeframe);
  });

  test("every timeframe has a short spelling", () => {
    expect(new Set(Object.values(TIMEFRAME_ALIASES))).toEqual(new Set(TIMEFRAMES));
  });

  test.each(["", "1min", "H1", "2Hour", "1Day ", "toString", "__proto__", "constructor"])("%j is nothing", (input) => {
    expect(parseTimeframe(input)).toBeUndefined();
  });
});

test("lengths", () => {
  expect(TIMEFRAMES.filter(isIntraday)).toEqual(["1Min", "5Min", "15Min", "30Min", "1Hour", "4Hour"]);
  expect(TIMEFRAMES.map((timeframe) => nominalMs(timeframe) / 60_000)).toEqual([
    1, 5, 15, 30, 60, 240, 1_440, 10_080, 43_200,
  ]);
});

/** The opens of consecutive bars: each bar ends where the next one opens. */
type Grid = (aroundMs: number) => readonly number[];

/** Bars of `lengthMs`, counted from `offsetMs`. */
function fixedGrid(lengthMs: number, offsetMs: number): Grid {
  return (around) => {
    const first = Math.floor((around - offsetMs) / lengthMs) - 3;
    return Array.from({ length: 7 }, (_, i) => (first + i) * lengthMs + offsetMs);
  };
}

/** New York days, weeks or months, `hours` after their midnight by the clock on the wall. */
function newYorkGrid(isOpen: (day: number) => boolean, hours: number): Grid {
  return (around) => {
    const opens: number[] = [];
    const today = newYorkDay(around);
    for (let day = today - 70; day < today + 70; day++)
      if (isOpen(day)) opens.push(newYorkMidnight(day) + hours * HOUR_MS);
    return opens;
  };
}

/** 00:00, 04:00, …, 20:00 on New York's clock: three hours long in March and five in November. */
const fourHoursOfNewYork: Grid = (around) => {
  const opens: number[] = [];
  for (let day = newYorkDay(around) - 2; day <= newYorkDay(around) + 2; day++) {
    const midnight = newYorkMidnight(day);
    const shift = newYorkMidnight(day + 1) - midnight - DAY_MS;
    opens.push(midnight, ...[4, 8, 12, 16, 20].map((hour) => midnight + hour * HOUR_MS + shift));
  }
  return opens;
};

const isMonday = (day: number) => weekday(day) === 1;
const isFirst = (day: number) => formatDay(day).endsWith("-01");
const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** Every grid that a source may keep. */
function gridsOf(timeframe: Timeframe, anchor: DayAnchor): readonly Grid[] {
  if (timeframe === "4Hour") {
    return [fourHoursOfNewYork, ...[0, 1, 2, 3].map((hour) => fixedGrid(4 * HOUR_MS, hour * HOUR_MS))];
  }
  if (isIntraday(timeframe)) return [fixedGrid(nominalMs(timeframe), 0)];
  const isOpen = timeframe === "1Week" ? isMonday : timeframe === "1Month" ? isFirst : () => true;
  const newYork = newYorkGrid(isOpen, 0);
  if (anchor === "new-york") return [newYork];
  const fixed = timeframe === "1Month" ? [] : HOURS.map((hour) => fixedGrid(nominalMs(timeframe), hour * HOUR_MS));
  return [newYork, ...HOURS.map((hour) => newYorkGrid(isOpen, hour)), ...fixed];
}

// 2024 and 2025, and often the days around a clock change, to the millisecond.
const changes = ["2024-03-10", "2024-11-03", "2025-03-09", "2025-11-02"].map((date) => newYorkMidnight(parseDay(date)));
const now = fc.oneof(
  fc.integer({ min: utc("2024-01-01T00:00:00Z"), max: utc("2026-01-01T00:00:00Z") }),
  fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -2 * DAY_MS, max: 9 * DAY_MS })).map(([at, by]) => at + by),
  fc.tuple(fc.constantFrom(...changes), fc.integer({ min: -48, max: 240 })).map(([at, by]) => at + by * HOUR_MS),
);

const CASES = TIMEFRAMES.flatMap((timeframe) =>
  (["new-york", "unknown"] as const).map((anchor) => ({ timeframe, anchor })),
);

describe.each(CASES)("finalBefore $timeframe, anchor $anchor", ({ timeframe, anchor }) => {
  test("every bar that opens before the cut is over, on every grid", () => {
    const grids = gridsOf(timeframe, anchor);
    fc.assert(
      fc.property(now, fc.constantFrom(...grids), (at, grid) => {
        const cut = finalBefore(timeframe, at, anchor);
        const opens = grid(at);
        for (const [i, open] of opens.entries()) {
          const end = opens[i + 1];
          if (end !== undefined && open < cut) expect(end).toBeLessThanOrEqual(at);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("never goes back as time goes on, and never passes now", () => {
    fc.assert(
      fc.property(now, fc.integer({ min: 0, max: 40 * DAY_MS }), (at, later) => {
        expect(finalBefore(timeframe, at + later, anchor)).toBeGreaterThanOrEqual(finalBefore(timeframe, at, anchor));
        expect(finalBefore(timeframe, at, anchor)).toBeLessThanOrEqual(at);
      }),
    );
  });

  test("lags by two bars at most", () => {
    fc.assert(
      fc.property(now, (at) => {
        expect(at - finalBefore(timeframe, at, anchor)).toBeLessThan(2 * nominalMs(timeframe));
      }),
    );
  });
});

describe("finalBefore where the grid is certain is a point of it", () => {
  test.each(TIMEFRAMES.filter((timeframe) => timeframe !== "4Hour"))("%s", (timeframe) => {
    const [grid] = gridsOf(timeframe, "new-york") as [Grid];
    fc.assert(
      fc.property(now, (at) => {
        expect(grid(at)).toContain(finalBefore(timeframe, at, "new-york"));
      }),
      {
        numRuns: 100,
      },
    );
  });

  test.each<[Timeframe, string, string]>([
    ["1Min", "2024-06-03T14:30:59.999Z", "2024-06-03T14:30:00Z"],
    ["5Min", "2024-06-03T14:35:00Z", "2024-06-03T14:35:00Z"],
    ["1Hour", "2024-06-03T14:30:00Z", "2024-06-03T14:00:00Z"],
    ["4Hour", "2024-06-03T14:30:00Z", "2024-06-03T10:00:00Z"],
    // The day that is still open is not final; one that has just ended is.
    ["1Day", "2024-06-04T03:59:59.999Z", "2024-06-03T04:00:00Z"],
    ["1Day", "2024-06-04T04:00:00Z", "2024-06-04T04:00:00Z"],
    // The days of 23 and of 25 hours.
    ["1Day", "2024-03-11T03:59:59.999Z", "2024-03-10T05:00:00Z"],
    ["1Day", "2024-03-11T04:00:00Z", "2024-03-11T04:00:00Z"],
    ["1Day", "2024-11-04T04:59:59.999Z", "2024-11-03T04:00:00Z"],
    ["1Day", "2024-11-04T05:00:00Z", "2024-11-04T05:00:00Z"],
    // A Sunday, and the Monday after.
    ["1Week", "2024-06-10T03:59:59.999Z", "2024-06-03T04:00:00Z"],
    ["1Week", "2024-06-10T04:00:00Z", "2024-06-10T04:00:00Z"],
    ["1Month", "2024-03-01T04:59:59.999Z", "2024-02-01T05:00:00Z"],
    ["1Month", "2024-03-01T05:00:00Z", "2024-03-01T05:00:00Z"],
    ["1Month", "2024-04-01T04:00:00Z", "2024-04-01T04:00:00Z"],
  ])("%s at %s: %s", (timeframe, at, cut) => {
    expect(new Date(finalBefore(timeframe, utc(at), "new-york")).toISOString()).toBe(new Date(cut).toISOString());
  });
});

describe("floorToNewYork", () => {
  test.each<[Timeframe, (day: number) => boolean]>([
    ["1Day", () => true],
    ["1Week", isMonday],
    ["1Month", isFirst],
  ])("%s: the last opening at or before the instant", (timeframe, isOpen) => {
    fc.assert(
      fc.property(now, (at) => {
        const opens = newYorkGrid(isOpen, 0)(at).filter((open) => open <= at);
        expect(floorToNewYork(timeframe, at)).toBe(opens.at(-1));
      }),
    );
  });
});

test.each(CASES)("earliestNextOpen $timeframe, anchor $anchor: no bar opens between", ({ timeframe, anchor }) => {
  fc.assert(
    fc.property(now, fc.constantFrom(...gridsOf(timeframe, anchor)), (at, grid) => {
      const opens = grid(at);
      for (const [i, open] of opens.slice(0, -1).entries()) {
        expect(opens[i + 1]).toBeGreaterThanOrEqual(earliestNextOpen(timeframe, open));
        expect(earliestNextOpen(timeframe, open)).toBeGreaterThan(open);
      }
    }),
    { numRuns: 100 },
  );
});
