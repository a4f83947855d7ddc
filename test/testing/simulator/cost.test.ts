import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { syntheticMarket } from "../../../src/testing/market/index.ts";
import { KNOBS, type Knobs } from "../../../src/testing/simulator/index.ts";
import { simulate, walkPages } from "./ask.ts";

const YEAR = { start: Date.UTC(2022, 0, 1), end: Date.UTC(2023, 0, 1) };
const WEEKS = { start: Date.UTC(2022, 0, 1), end: Date.UTC(2022, 0, 17) };
const market = syntheticMarket({ seed: 4 });
const symbols = ["AAPL", "THIN.A", "N17", "VIX"];

describe("requestsFor", () => {
  const cutting = ["pageCharge", "pageChargeBelowMaxLimit", "shortPages", "tokenOnFullLastPage", "emptyPages"] as const;
  const settings = cutting.flatMap((knob) => KNOBS[knob].map((setting) => ({ [knob]: setting }) as Partial<Knobs>));

  it.each(settings)("is what a walk takes under %o", async (knobs) => {
    const simulator = simulate({ market, knobs });
    for (const timeframe of ["1Min", "1Hour", "4Hour", "1Day"] as const) {
      for (const limit of timeframe === "1Day" ? [3, 10, 10_000] : [1000, 10_000]) {
        const params = {
          symbols: symbols.join(","),
          timeframe,
          limit: String(limit),
          start: new Date(WEEKS.start).toISOString(),
          end: new Date(WEEKS.end - 1).toISOString(),
        };
        const { pages } = await walkPages(simulator, params);
        expect(simulator.requestsFor({ symbols, timeframe, ...WEEKS, limit }), `${timeframe} ${limit}`).toBe(pages);
      }
    }
  });

  it("asks for 10,000 a page when no limit is given, and takes one request for nothing", () => {
    const simulator = simulate({ market });
    const walk = { symbols, timeframe: "1Min", ...YEAR } as const;
    expect(simulator.requestsFor(walk)).toBe(simulator.requestsFor({ ...walk, limit: 10_000 }));
    expect(simulator.requestsFor({ ...walk, symbols: ["VIX"] })).toBe(1);
    expect(simulator.requestsFor({ ...walk, end: YEAR.start })).toBe(1);
  });

  it("makes no bar for timeframes that cost their own", () => {
    const counting = {
      ...market,
      bars: () => {
        throw new Error("made a bar");
      },
    };
    const simulator = simulate({ market: counting });
    for (const timeframe of ["1Min", "1Day", "1Month"] as const) {
      expect(simulator.requestsFor({ symbols, timeframe, ...WEEKS })).toBeGreaterThan(0);
    }
    expect(() => simulator.requestsFor({ symbols, timeframe: "1Hour", ...WEEKS })).toThrow("made a bar");
  });
});

describe("leastRequests", () => {
  it("is the charge by the limit, where one is given", () => {
    const simulator = simulate({ market });
    const { bars } = market.count("AAPL", "1Day", YEAR);
    const walk = { symbols: ["AAPL"], timeframe: "1Day", ...YEAR } as const;
    expect(simulator.leastRequests({ ...walk, limit: 10 })).toBe(Math.ceil(bars / 10));
    expect(
      simulator.leastRequests([
        { ...walk, limit: 10 },
        { ...walk, limit: 1000 },
      ]),
    ).toBe(Math.ceil(bars / 10 + bars / 1000));
  });

  it("is the charge by 10,000, at least one", () => {
    const simulator = simulate({ market });
    const { minutes } = market.count("AAPL", "1Hour", YEAR);
    expect(simulator.leastRequests({ symbols: ["AAPL"], timeframe: "1Hour", ...YEAR })).toBe(
      Math.ceil(minutes / 10_000),
    );
    expect(simulator.leastRequests({ symbols: ["AAPL"], timeframe: "1Day", ...YEAR })).toBe(1);
    expect(simulator.leastRequests({ symbols: ["VIX"], timeframe: "1Day", ...YEAR })).toBe(1);
    const byBars = simulate({ market, knobs: { pageCharge: "bars" } });
    expect(byBars.leastRequests({ symbols: ["AAPL"], timeframe: "1Hour", ...YEAR })).toBe(1);
  });

  it("adds walks of a timeframe before it rounds, and timeframes after", () => {
    const simulator = simulate({ market });
    const walk = { symbols: ["AAPL"], timeframe: "1Day", ...YEAR } as const;
    expect(simulator.leastRequests([walk, { ...walk, symbols: ["SPY"] }])).toBe(1);
    expect(simulator.leastRequests([walk, { ...walk, timeframe: "1Week" }])).toBe(2);
    expect(simulator.leastRequests([])).toBe(0);
  });

  it("is never more than a walk takes", () => {
    const settings: Partial<Knobs>[] = [
      {},
      { shortPages: "half" },
      { emptyPages: "sometimes" },
      { pageChargeBelowMaxLimit: "fixed" },
    ];
    for (const knobs of settings) {
      const simulator = simulate({ market, knobs });
      for (const timeframe of ["1Min", "30Min", "4Hour", "1Day"] as const) {
        for (const limit of [1000, 10_000]) {
          const walk = { symbols, timeframe, limit, ...WEEKS };
          expect(simulator.leastRequests(walk)).toBeLessThanOrEqual(simulator.requestsFor(walk));
        }
      }
    }
  });

  it("does not count what has not happened yet", () => {
    const simulator = simulate({ market, clock: fakeClock({ now: WEEKS.start }) });
    expect(simulator.leastRequests({ symbols: ["AAPL"], timeframe: "1Min", ...WEEKS })).toBe(1);
    expect(simulator.requestsFor({ symbols: ["AAPL"], timeframe: "1Min", ...WEEKS })).toBe(1);
  });
});
