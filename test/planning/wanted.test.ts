import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { memoryStore } from "../../src/adapters/memory/index.ts";
import type { BarSource } from "../../src/contracts/bar-source.ts";
import type { CoveredSpan, Gap } from "../../src/model/coverage.ts";
import { type Interval, merge } from "../../src/model/interval.ts";
import { type Series, seriesKey } from "../../src/model/series.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { TIMEFRAMES, type Timeframe } from "../../src/model/timeframe.ts";
import { HOUR_MS, MINUTE_MS } from "../../src/model/units.ts";
import { resolveRequest } from "../../src/options/request.ts";
import { gapsIn, plannedSpans, wantedOf } from "../../src/planning/wanted.ts";
import { CRYPTO, STOCKS } from "../planners/fixtures.ts";

const source = (withheldTailMs: number, more: Partial<BarSource> = {}): BarSource => ({
  provider: "test",
  feed: "sip",
  limits: { ...STOCKS, withheldTailMs },
  fetchPage: () => expect.fail("nothing is asked of the source"),
  ...more,
});
const at = (text: string) => Date.parse(text);
// A Tuesday in winter: New York is five hours behind.
const NOW = at("2024-01-16T20:47:30Z");

function ask(timeframe: Timeframe, start: string, end?: string, from = source(16 * MINUTE_MS), now = NOW) {
  const request = { symbols: ["SPY"], timeframes: [timeframe], start };
  const { askable, withheld } = wantedOf(resolveRequest(end === undefined ? request : { ...request, end }), from, now);
  const shown = (spans: readonly CoveredSpan[]) =>
    spans.map(({ interval }) =>
      [interval.start, interval.end].map((time) => new Date(time).toISOString().replace(":00.000Z", "Z")).join("/"),
    );
  return { askable: shown(askable), withheld: shown(withheld) };
}

describe("what is wanted", () => {
  test("every symbol in every timeframe, timeframe by timeframe, with the source's words", () => {
    const request = resolveRequest({
      symbols: ["SPY", "IBM"],
      timeframes: ["1Day", "1Min"],
      start: "2024-01-01",
      adjustment: "split",
    });
    const { series, askable } = wantedOf(request, source(0, { provider: "p", feed: "iex" }), NOW);
    expect(series).toEqual(
      (["1Day", "1Min"] as const).flatMap((timeframe) =>
        ["IBM", "SPY"].map((symbol) => ({ provider: "p", symbol, timeframe, feed: "iex", adjustment: "split" })),
      ),
    );
    expect(askable.map((span) => span.series)).toEqual(series);
  });

  test("minutes end where they are older than the tail, the rest is withheld", () => {
    expect(ask("1Min", "2024-01-16T20:00:00Z", "2024-01-16T21:00:00Z")).toEqual({
      askable: ["2024-01-16T20:00Z/2024-01-16T20:31Z"],
      withheld: ["2024-01-16T20:31Z/2024-01-16T21:00Z"],
    });
  });

  test.each([
    ["1Min", "2024-01-16T20:47Z"],
    ["5Min", "2024-01-16T20:45Z"],
    ["15Min", "2024-01-16T20:45Z"],
    ["30Min", "2024-01-16T20:30Z"],
    ["1Hour", "2024-01-16T20:00Z"],
    // The day, the week and the month of New York are still forming.
    ["1Day", "2024-01-16T05:00Z"],
    ["1Week", "2024-01-15T05:00Z"],
    ["1Month", "2024-01-01T05:00Z"],
  ] as const)("a forming bar of %s is withheld", (timeframe, final) => {
    expect(ask(timeframe, "2023-01-01T00:00:00Z", "2024-02-01T00:00:00Z", source(0))).toEqual({
      askable: [`2023-01-01T00:00Z/${final}`],
      withheld: [`${final}/2024-02-01T00:00Z`],
    });
  });

  test("four hours end where every whole-hour grid is final", () => {
    // A bar of five hours that opens at 15:00Z is over at 20:00Z; one that opens at 16:00Z may not be.
    expect(ask("4Hour", "2024-01-16T00:00:00Z", undefined, source(0)).askable).toEqual([
      "2024-01-16T00:00Z/2024-01-16T16:00Z",
    ]);
  });

  test("days of unknown hours end a day and an hour ago", () => {
    const crypto = source(0, { limits: { ...CRYPTO, withheldTailMs: 0 } });
    expect(ask("1Day", "2024-01-01T00:00:00Z", undefined, crypto).askable).toEqual([
      "2024-01-01T00:00Z/2024-01-15T20:00Z",
    ]);
  });

  test("the tail holds back a day whose last bar is too young", () => {
    const soon = at("2024-01-17T05:10:00Z");
    const day = (tailMs: number) => ask("1Day", "2024-01-15T00:00:00Z", undefined, source(tailMs), soon).askable;
    expect(day(MINUTE_MS)).toEqual(["2024-01-15T00:00Z/2024-01-17T05:00Z"]);
    expect(day(16 * MINUTE_MS)).toEqual(["2024-01-15T00:00Z/2024-01-16T05:00Z"]);
  });

  test("without an end nothing is withheld", () => {
    expect(ask("1Min", "2024-01-16T20:00:00Z")).toEqual({
      askable: ["2024-01-16T20:00Z/2024-01-16T20:31Z"],
      withheld: [],
    });
  });

  test("what has long been over is askable as a whole", () => {
    expect(ask("1Hour", "2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")).toEqual({
      askable: ["2020-01-01T00:00Z/2021-01-01T00:00Z"],
      withheld: [],
    });
  });

  test("what ends exactly at the last final bar is not withheld", () => {
    expect(ask("1Min", "2024-01-16T20:00:00Z", "2024-01-16T20:31:00Z").withheld).toEqual([]);
    expect(ask("1Min", "2024-01-16T20:00:00Z", "2024-01-16T20:32:00Z").withheld).toHaveLength(1);
  });

  test.each([
    ["too recent", "2024-01-16T20:31:00Z", "2024-01-16T20:40:00Z"],
    ["in the future", "2025-01-01T00:00:00Z", "2025-02-01T00:00:00Z"],
  ])("what is %s is withheld as a whole, and still listed as a series", (_, start, end) => {
    const wanted = wantedOf(
      resolveRequest({ symbols: ["SPY"], timeframes: ["1Min"], start, end }),
      source(960_000),
      NOW,
    );
    expect(wanted.askable).toEqual([]);
    expect(wanted.withheld).toEqual([{ series: wanted.series[0], interval: { start: at(start), end: at(end) } }]);
    expect(wanted.series).toHaveLength(1);
  });

  test("a start in the future without an end wants nothing yet", () => {
    expect(ask("1Min", "2025-01-01T00:00:00Z")).toEqual({ askable: [], withheld: [] });
  });

  test("askable and withheld tile what was asked for", () => {
    const time = fc.integer({ min: -40 * 24 * 60, max: 10 * 24 * 60 }).map((minutes) => NOW + minutes * MINUTE_MS);
    fc.assert(
      fc.property(
        fc.constantFrom(...TIMEFRAMES),
        fc.uniqueArray(time, { minLength: 2, maxLength: 2 }),
        fc.constantFrom(0, MINUTE_MS, 16 * MINUTE_MS, 30 * HOUR_MS),
        fc.constantFrom(STOCKS, CRYPTO),
        (timeframe, times, withheldTailMs, limits) => {
          const [start, end] = times.sort((a, b) => a - b) as [number, number];
          const request = resolveRequest({ symbols: ["SPY"], timeframes: [timeframe], start, end });
          const wanted = wantedOf(request, source(0, { limits: { ...limits, withheldTailMs } }), NOW);
          const parts = [...wanted.askable, ...wanted.withheld].map(({ interval }) => interval);
          expect(merge(parts)).toEqual([{ start, end }]);
          expect(parts.reduce((sum, part) => sum + part.end - part.start, 0)).toBe(end - start);
          for (const { interval } of wanted.askable) expect(interval.end).toBeLessThanOrEqual(NOW - withheldTailMs);
        },
      ),
      { numRuns: 200 },
    );
  });
});

const seriesOf = (symbol: string, timeframe: Timeframe = "1Min"): Series => ({
  provider: "test",
  symbol,
  timeframe,
  feed: "sip",
  adjustment: "raw",
});
const span = (symbol: string, start: number, end: number, timeframe?: Timeframe): CoveredSpan => ({
  series: seriesOf(symbol, timeframe),
  interval: { start, end },
});

describe("what a store lacks", () => {
  test("everything, of an empty one; nothing, where nothing is wanted", async () => {
    expect(await gapsIn(memoryStore(), [span("A", 0, 10), span("B", 5, 10)])).toEqual([
      { series: seriesOf("A"), intervals: [{ start: 0, end: 10 }] },
      { series: seriesOf("B"), intervals: [{ start: 5, end: 10 }] },
    ]);
    expect(await gapsIn(memoryStore(), [])).toEqual([]);
  });

  test("the holes between what is covered, for each series its own", async () => {
    const store = memoryStore();
    await store.commit([], [span("A", 2, 4), span("A", 6, 20), span("B", -5, 50), span("A", 0, 10, "1Day")]);
    expect(
      await gapsIn(store, [span("A", 0, 10), span("B", 0, 10), span("C", 0, 10), span("A", 0, 12, "1Day")]),
    ).toEqual([
      {
        series: seriesOf("A"),
        intervals: [
          { start: 0, end: 2 },
          { start: 4, end: 6 },
        ],
      },
      { series: seriesOf("C"), intervals: [{ start: 0, end: 10 }] },
      { series: seriesOf("A", "1Day"), intervals: [{ start: 10, end: 12 }] },
    ]);
  });

  test("asks the store once an interval, not once a series", async () => {
    const store = memoryStore();
    const asked: [number, Interval][] = [];
    const counting = {
      ...store,
      coverage: (series: readonly Series[], within: Interval) => {
        asked.push([series.length, within]);
        return store.coverage(series, within);
      },
    };
    const symbols = Array.from({ length: 100 }, (_, i) => `S${i}`);
    await gapsIn(counting, [...symbols.map((symbol) => span(symbol, 0, 10)), span("A", 0, 11)]);
    expect(asked).toEqual([
      [100, { start: 0, end: 10 }],
      [1, { start: 0, end: 11 }],
    ]);
  });
});

describe("what is planned already", () => {
  const slice = (symbols: string[], start: number, end: number) =>
    makeSlice({
      provider: "test",
      symbols,
      timeframe: "1Min",
      feed: "sip",
      adjustment: "raw",
      interval: { start, end },
      priority: 0,
      estimate: { bars: 1, pages: 1 },
    });
  const gap = (symbol: string, ...intervals: [number, number][]) => ({
    series: seriesOf(symbol),
    intervals: intervals.map(([start, end]) => ({ start, end })),
  });

  const withoutPlanned = (gaps: readonly Gap[], slices: readonly Slice[]) => {
    const planned = plannedSpans();
    planned.add(slices);
    return planned.without(gaps);
  };

  test("is left out of the gaps, series by series", () => {
    const gaps = [gap("A", [0, 10], [20, 30]), gap("B", [0, 10]), gap("C", [0, 10])];
    expect(withoutPlanned(gaps, [slice(["A", "B"], 0, 10), slice(["A"], 25, 40)])).toEqual([
      gap("A", [20, 25]),
      gap("C", [0, 10]),
    ]);
  });

  test("is only what is of the very same series", () => {
    const daily = { series: seriesOf("A", "1Day"), intervals: [{ start: 0, end: 10 }] };
    expect(withoutPlanned([daily], [slice(["A"], 0, 10)])).toEqual([daily]);
    expect(new Set([seriesKey(daily.series), seriesKey(seriesOf("A"))]).size).toBe(2);
  });

  test("when it is nothing, the gaps are what they were", () => {
    const gaps = [gap("A", [0, 10])];
    expect(withoutPlanned(gaps, [])).toBe(gaps);
  });
});
