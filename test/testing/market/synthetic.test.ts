import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Interval } from "../../../src/model/interval.ts";
import { nyseCalendar } from "../../../src/model/session.ts";
import { isIntraday, TIMEFRAMES, type Timeframe } from "../../../src/model/timeframe.ts";
import { MINUTE_MS } from "../../../src/model/units.ts";
import { barSpan, DEFAULT_GRID } from "../../../src/testing/market/grid.ts";
import type { MarketBar } from "../../../src/testing/market/market.ts";
import { syntheticMarket } from "../../../src/testing/market/synthetic.ts";

const range = (start: string, end: string): Interval => ({ start: Date.parse(start), end: Date.parse(end) });
const MONTH = range("2022-03-01T00:00:00Z", "2022-04-01T00:00:00Z");
/** Friday to Monday, with the change of the clocks between. */
const WEEKEND = range("2022-03-11T00:00:00Z", "2022-03-15T00:00:00Z");
const market = syntheticMarket({ seed: 7 });
const barsOf = (symbol: string, timeframe: Timeframe, interval = MONTH, from = market) => [
  ...from.bars(symbol, timeframe, interval),
];
const openTimes = (bars: readonly MarketBar[]) => bars.map((bar) => new Date(bar.openTime).toISOString());

describe("syntheticMarket", () => {
  it("is the same for the same seed, and another for another", () => {
    for (const timeframe of TIMEFRAMES) {
      const bars = barsOf("SPY", timeframe, MONTH, syntheticMarket({ seed: 7 }));
      expect(bars).toEqual(barsOf("SPY", timeframe));
      expect(bars).not.toEqual(barsOf("SPY", timeframe, MONTH, syntheticMarket({ seed: 8 })));
      expect(bars).not.toEqual(barsOf("QQQ", timeframe));
    }
  });

  it.each(TIMEFRAMES)("makes sane %s bars, ascending, in the interval, on the grid", (timeframe) => {
    for (const symbol of ["SPY", "THIN.A", "BTC/USD"]) {
      let before = Number.NEGATIVE_INFINITY;
      const zone = symbol === "BTC/USD" ? "utc" : "new-york";
      for (const bar of barsOf(symbol, timeframe, timeframe === "1Min" ? WEEKEND : MONTH)) {
        const { openTime, open, high, low, close, volume, tradeCount = 0, vwap = Number.NaN, minutes } = bar;
        expect(openTime > before && openTime >= MONTH.start && openTime < MONTH.end).toBe(true);
        expect(barSpan(timeframe, openTime, zone, DEFAULT_GRID).start).toBe(openTime);
        expect(low > 0 && low <= Math.min(open, close) && high >= Math.max(open, close)).toBe(true);
        expect(vwap >= low && vwap <= high).toBe(true);
        expect(volume > 0 && tradeCount >= 1 && minutes >= 1).toBe(true);
        expect([open, high, low, close].map((price) => Number(price.toFixed(2)))).toEqual([open, high, low, close]);
        if (zone === "new-york") expect(Number.isInteger(volume)).toBe(true);
        before = openTime;
      }
    }
  });

  it("counts what it makes", () => {
    const symbols = fc.oneof(fc.constantFrom("SPY", "ETH/USD", "VIX"), fc.stringMatching(/^[A-Z]{1,5}$/));
    const starts = fc.integer({ min: Date.UTC(2019, 0, 1), max: Date.UTC(2023, 0, 1) });
    const grids = fc.record({
      fourHour: fc.constantFrom("new-york" as const, "utc" as const),
      cryptoDay: fc.constantFrom("utc" as const, "chicago" as const),
    });
    const lengths = fc.integer({ min: 0, max: 10 * 24 * 60 * MINUTE_MS });
    fc.assert(
      fc.property(
        symbols,
        starts,
        lengths,
        fc.constantFrom(...TIMEFRAMES),
        grids,
        (symbol, start, length, tf, grid) => {
          const interval = { start, end: start + (isIntraday(tf) ? length : 20 * length) };
          const bars = [...market.bars(symbol, tf, interval, grid)];
          const minutes = bars.reduce((sum, bar) => sum + bar.minutes, 0);
          expect(market.count(symbol, tf, interval, grid)).toEqual({ bars: bars.length, minutes });
        },
      ),
    );
  });

  it("gives the same bars in pieces as in one", () => {
    const cuts = fc.integer({ min: MONTH.start, max: MONTH.end });
    fc.assert(
      fc.property(cuts, fc.constantFrom(...TIMEFRAMES), fc.constantFrom("IBM", "SOL/USD"), (cut, timeframe, symbol) => {
        const pieces = [
          ...barsOf(symbol, timeframe, { start: MONTH.start, end: cut }),
          ...barsOf(symbol, timeframe, { start: cut, end: MONTH.end }),
        ];
        expect(pieces).toEqual(barsOf(symbol, timeframe));
      }),
      { numRuns: 25 },
    );
  });

  it.each(["5Min", "1Hour", "4Hour"] as const)("rolls %s bars up from the minutes", (timeframe) => {
    const days = range("2022-03-11T00:00:00Z", "2022-03-16T00:00:00Z");
    const rolled = new Map<number, MarketBar[]>();
    for (const minute of barsOf("THIN.A", "1Min", days)) {
      const { start } = barSpan(timeframe, minute.openTime, "new-york", DEFAULT_GRID);
      rolled.set(start, [...(rolled.get(start) ?? []), minute]);
    }
    const bars = barsOf("THIN.A", timeframe, days).filter((bar) => rolled.has(bar.openTime));
    // The first four-hour bar began before these days, and no bar of this market ends after them.
    expect(bars.length).toBeGreaterThanOrEqual(rolled.size - 1);
    for (const bar of bars) {
      const minutes = rolled.get(bar.openTime) ?? [];
      expect(bar.minutes).toBe(minutes.length);
      expect(bar.open).toBe(minutes[0]?.open);
      expect(bar.close).toBe(minutes.at(-1)?.close);
      expect(bar.high).toBe(Math.max(...minutes.map((minute) => minute.high)));
      expect(bar.low).toBe(Math.min(...minutes.map((minute) => minute.low)));
      expect(bar.volume).toBe(minutes.reduce((sum, minute) => sum + minute.volume, 0));
      expect(bar.tradeCount).toBe(minutes.reduce((sum, minute) => sum + (minute.tradeCount ?? 0), 0));
    }
  });

  it("trades a liquid name every regular minute, and 2.35 times that with extended hours", () => {
    const [session] = nyseCalendar().sessions(range("2022-03-02T12:00:00Z", "2022-03-02T20:00:00Z"));
    if (session === undefined) throw new Error("no session");
    expect(market.count("SPY", "1Min", { start: session.open, end: session.close }).bars).toBe(390);
    const { bars } = market.count("SPY", "1Min", MONTH);
    expect(bars / (390 * 23)).toBeCloseTo(2.35, 1);
    // A half day: 13:00 is the close.
    const half = range("2022-11-25T14:30:00Z", "2022-11-25T18:00:00Z");
    expect(market.count("SPY", "1Min", half).bars).toBe(210);
  });

  it("keeps to the exchange's calendar: no bar at weekends, on holidays and at night", () => {
    const sessions = nyseCalendar().sessions(MONTH);
    const inSession = (time: number) => sessions.some((s) => time >= s.extendedOpen && time < s.extendedClose);
    expect(barsOf("SPY", "1Min").every((bar) => inSession(bar.openTime))).toBe(true);
    expect(barsOf("SPY", "1Day", range("2022-07-01T00:00:00Z", "2022-07-06T00:00:00Z")).map((b) => b.openTime)).toEqual(
      [Date.parse("2022-07-01T04:00:00Z"), Date.parse("2022-07-05T04:00:00Z")],
    );
  });

  it("trades pairs around the clock", () => {
    const sunday = range("2022-03-06T00:00:00Z", "2022-03-07T00:00:00Z");
    const thick = syntheticMarket({ minuteShare: () => 1 });
    expect(thick.count("BTC/USD", "1Min", sunday)).toEqual({ bars: 1440, minutes: 1440 });
    expect(thick.count("SPY", "1Min", sunday).bars).toBe(0);
    expect(barsOf("BTC/USD", "1Hour", sunday, thick).some((bar) => !Number.isInteger(bar.volume))).toBe(true);
    const grid = { fourHour: "utc", cryptoDay: "chicago" } as const;
    expect(openTimes([...thick.bars("BTC/USD", "1Day", sunday, grid)])).toEqual(["2022-03-06T06:00:00.000Z"]);
  });

  it("has thick and thin names, and names without a trade for days", () => {
    const shares = Array.from({ length: 200 }, (_, i) => market.count(`N${i}`, "1Min", MONTH).bars / (916 * 23));
    expect(shares.filter((share) => share > 0.95).length).toBeGreaterThan(60);
    expect(shares.filter((share) => share < 0.05).length).toBeGreaterThan(20);
    const rare = syntheticMarket({ minuteShare: () => 0.001 });
    const days = rare.count("RARE", "1Day", MONTH).bars;
    expect(days).toBeGreaterThan(0);
    expect(days).toBeLessThan(20);
  });

  it("knows nothing of unknown symbols", () => {
    expect(barsOf("VIX", "1Day")).toEqual([]);
    const odd = syntheticMarket({ unknown: (symbol) => symbol.startsWith("X") });
    expect(barsOf("XYZ", "1Min", MONTH, odd)).toEqual([]);
    expect(barsOf("VIX", "1Day", MONTH, odd)).toHaveLength(23);
  });

  it("lists and delists", () => {
    const listed = syntheticMarket({ listings: { NEW: { listedOn: "2022-03-10", delistedOn: "2022-03-15" } } });
    expect(openTimes(barsOf("NEW", "1Day", MONTH, listed))).toEqual([
      "2022-03-10T05:00:00.000Z",
      "2022-03-11T05:00:00.000Z",
      "2022-03-14T04:00:00.000Z",
    ]);
    const minutes = barsOf("NEW", "1Min", MONTH, listed);
    expect(openTimes(minutes.slice(0, 1))[0]?.slice(0, 10)).toBe("2022-03-10");
    expect(openTimes(minutes.slice(-1))[0]?.slice(0, 10)).toBe("2022-03-14");
  });

  it("makes a century of days without a minute beneath them", () => {
    const { bars } = market.count("SPY", "1Day", range("1900-01-01T00:00:00Z", "2100-01-01T00:00:00Z"));
    expect(bars).toBeGreaterThan(250 * 100);
    expect(market.count("SPY", "1Day", range("1900-01-01T00:00:00Z", "1998-01-01T05:00:00Z")).bars).toBe(0);
  });
});
