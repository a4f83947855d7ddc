import fc from "fast-check";
import { expect, test } from "vitest";
import type { PageRequest, SourceLimits } from "../../src/contracts/bar-source.ts";
import { openRequests } from "../../src/executor/open-requests.ts";
import { type Interval, subtract } from "../../src/model/interval.ts";
import { seriesKey } from "../../src/model/series.ts";

const LIMITS: SourceLimits = {
  pageSize: 10_000,
  chargedInMinutes: [],
  symbolsPerRequest: 100,
  symbolBytes: 1000,
  historyStart: 0,
  withheldTailMs: 0,
  hours: "always",
  dayAnchor: "unknown",
};
const SYMBOLS = ["A", "AA", "BRK.B", "BTC/USD", "Z", "ZZZZ"];

const asked: PageRequest = {
  symbols: SYMBOLS,
  timeframe: "1Hour",
  feed: "sip",
  adjustment: "split",
  interval: { start: 0, end: 40 },
};

function keyOf(symbol: string, more: Partial<PageRequest> = {}): string {
  return seriesKey({ ...asked, ...more, provider: "test", symbol });
}

const spans = fc.array(
  fc
    .tuple(fc.integer({ min: -5, max: 45 }), fc.integer({ min: 0, max: 15 }))
    .map(([start, length]) => ({ start, end: start + length })),
  { maxLength: 3 },
);

/** Spans out of a small pool, so that several symbols often lack the same. */
const coverage = fc
  .tuple(fc.array(spans, { minLength: 1, maxLength: 3 }), fc.infiniteStream(fc.nat(2)))
  .map(
    ([pool, picks]) =>
      new Map(
        SYMBOLS.map((symbol) => [symbol, pool[picks.next().value as number] ?? []] as const).filter(
          ([, covered]) => covered.length > 0,
        ),
      ),
  );

const limits = fc
  .record({ symbolsPerRequest: fc.integer({ min: 1, max: 7 }), symbolBytes: fc.integer({ min: 9, max: 40 }) })
  .map((some) => ({ ...LIMITS, ...some }));

/** The symbol asked about, an instant a piece. */
function instantsOf(requests: readonly PageRequest[]): string[] {
  return requests.flatMap(({ symbols, interval }) =>
    symbols.flatMap((symbol) => instantsIn([interval]).map((instant) => `${symbol} ${instant}`)),
  );
}

function instantsIn(intervals: readonly Interval[]): number[] {
  return intervals.flatMap(({ start, end }) => Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i));
}

test("the requests ask for exactly what is not covered, each instant once, within the limits", () => {
  fc.assert(
    fc.property(coverage, limits, (coverage, limits) => {
      const keyed = new Map([...coverage].map(([symbol, covered]) => [keyOf(symbol), covered]));
      const requests = openRequests("test", asked, keyed, limits);

      const lacking = SYMBOLS.flatMap((symbol) => {
        const covered = new Set(instantsIn(coverage.get(symbol) ?? []));
        return instantsIn([asked.interval])
          .filter((instant) => !covered.has(instant))
          .map((instant) => `${symbol} ${instant}`);
      });
      expect(instantsOf(requests).sort()).toEqual(lacking.sort());

      for (const { symbols, interval, ...same } of requests) {
        expect(same).toEqual({ timeframe: "1Hour", feed: "sip", adjustment: "split" });
        expect(interval.end).toBeGreaterThan(interval.start);
        expect(symbols.length).toBeGreaterThan(0);
        expect(symbols.length).toBeLessThanOrEqual(limits.symbolsPerRequest);
        expect(encodeURIComponent(symbols.join()).length).toBeLessThanOrEqual(limits.symbolBytes);
        expect(symbols).toEqual([...symbols].sort());
      }
    }),
    { numRuns: 300 },
  );
});

test("what symbols lack in common is asked for together, whatever else they lack, where the limits allow", () => {
  fc.assert(
    fc.property(coverage, (coverage) => {
      const keyed = new Map([...coverage].map(([symbol, covered]) => [keyOf(symbol), covered]));
      const gaps = SYMBOLS.map((symbol) => subtract([asked.interval], coverage.get(symbol) ?? []));
      const intervals = new Set(gaps.flat().map(({ start, end }) => `${start}-${end}`));
      expect(openRequests("test", asked, keyed, LIMITS)).toHaveLength(intervals.size);
    }),
  );
});

test("nothing is asked for where everything is covered, or no symbol is left, or nothing is wanted", () => {
  const all = new Map(SYMBOLS.map((symbol) => [keyOf(symbol), [{ start: -1, end: 99 }]]));
  expect(openRequests("test", asked, all, LIMITS)).toEqual([]);
  expect(openRequests("test", { ...asked, symbols: [] }, new Map(), LIMITS)).toEqual([]);
  expect(openRequests("test", { ...asked, interval: { start: 40, end: 40 } }, new Map(), LIMITS)).toEqual([]);
});

test("the coverage of another series counts for nothing", () => {
  const everything = [asked.interval];
  const others = new Map([
    [keyOf("A", { feed: "iex" }), everything],
    [keyOf("A", { adjustment: "raw" }), everything],
    [keyOf("A", { timeframe: "1Day" }), everything],
    [seriesKey({ ...asked, provider: "another", symbol: "A" }), everything],
    [keyOf("AA"), everything],
  ]);
  const only = { ...asked, symbols: ["A"] };
  expect(openRequests("test", only, others, LIMITS)).toEqual([only]);
});

test("after a stop in the middle of the pages, the symbol it happened in asks for its rest alone", () => {
  const coverage = new Map([
    [keyOf("A"), [{ start: 0, end: 40 }]],
    [keyOf("AA"), [{ start: 0, end: 17 }]],
  ]);
  expect(openRequests("test", asked, coverage, LIMITS)).toEqual([
    { ...asked, symbols: ["AA"], interval: { start: 17, end: 40 } },
    { ...asked, symbols: ["BRK.B", "BTC/USD", "Z", "ZZZZ"] },
  ]);
});
