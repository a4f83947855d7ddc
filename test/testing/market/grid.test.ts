import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TIMEFRAMES } from "../../../src/model/timeframe.ts";
import { barSpan } from "../../../src/testing/market/grid.ts";

const at = (text: string) => Date.parse(text);
const openOf = (...args: Parameters<typeof barSpan>) => new Date(barSpan(...args).start).toISOString();
const NEW_YORK = { fourHour: "new-york", cryptoDay: "utc" } as const;
const UTC = { fourHour: "utc", cryptoDay: "utc" } as const;

describe("barSpan", () => {
  it.each([
    ["1Day", "2022-01-03T20:00:00Z", "2022-01-03T05:00:00.000Z"],
    ["1Day", "2022-07-05T20:00:00Z", "2022-07-05T04:00:00.000Z"],
    ["1Week", "2022-01-07T20:00:00Z", "2022-01-03T05:00:00.000Z"],
    ["1Month", "2022-07-29T20:00:00Z", "2022-07-01T04:00:00.000Z"],
    ["4Hour", "2022-01-03T14:30:00Z", "2022-01-03T13:00:00.000Z"],
    ["4Hour", "2022-07-05T13:30:00Z", "2022-07-05T12:00:00.000Z"],
    ["1Hour", "2022-01-03T14:30:00Z", "2022-01-03T14:00:00.000Z"],
  ] as const)("opens the %s bar of %s at %s", (timeframe, instant, open) => {
    expect(openOf(timeframe, at(instant), "new-york", NEW_YORK)).toBe(open);
  });

  it("follows UTC where the knobs say so", () => {
    expect(openOf("4Hour", at("2022-01-03T14:30:00Z"), "new-york", UTC)).toBe("2022-01-03T12:00:00.000Z");
    expect(openOf("1Day", at("2022-01-03T02:00:00Z"), "utc", UTC)).toBe("2022-01-03T00:00:00.000Z");
    expect(openOf("1Day", at("2022-01-03T05:30:00Z"), "chicago", UTC)).toBe("2022-01-02T06:00:00.000Z");
    expect(openOf("1Day", at("2022-07-03T05:30:00Z"), "chicago", UTC)).toBe("2022-07-03T05:00:00.000Z");
  });

  it("tiles time: every instant lies in one bar, and bars touch", () => {
    const instants = fc.integer({ min: at("2015-01-01T00:00:00Z"), max: at("2026-01-01T00:00:00Z") });
    const zones = fc.constantFrom("new-york" as const, "utc" as const, "chicago" as const);
    fc.assert(
      fc.property(
        instants,
        fc.constantFrom(...TIMEFRAMES),
        zones,
        fc.constantFrom(NEW_YORK, UTC),
        (t, tf, zone, grid) => {
          const span = barSpan(tf, t, zone, grid);
          expect(span.start <= t && t < span.end).toBe(true);
          expect(barSpan(tf, span.end, zone, grid).start).toBe(span.end);
          expect(barSpan(tf, span.start, zone, grid)).toEqual(span);
        },
      ),
    );
  });
});
