import fc from "fast-check";
import { expect, test } from "vitest";
import { alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import { settle, WALK_START, type WalkState } from "../../../src/adapters/alpaca/settle.ts";
import { parsePage, toSeriesBars } from "../../../src/adapters/alpaca/wire.ts";
import type { BarPage, PageRequest } from "../../../src/contracts/bar-source.ts";
import { SourceUnavailableError } from "../../../src/errors.ts";
import { createSifter } from "../../../src/executor/sift.ts";
import type { Bar } from "../../../src/model/bar.ts";
import type { CoveredSpan } from "../../../src/model/coverage.ts";
import { contains, type Interval, merge } from "../../../src/model/interval.ts";
import { earliestNextOpen, TIMEFRAMES } from "../../../src/model/timeframe.ts";
import { answering, asking, KEYS } from "./answers.ts";
import { type MarketPlan, pagesOf, type WirePages } from "./paged-market.ts";

// `123` and `7` are keys that a JavaScript object moves to its front, whatever the body says.
const SYMBOLS = ["7", "123", "A", "AAPL", "BF.A", "BRK.B", "SPY", "Z", "a", "é"] as const;
const START = Date.UTC(2024, 0, 2, 5);

/** A market under any collation: the symbols come in any order, and the request names more of them than have bars. */
const plan: fc.Arbitrary<MarketPlan> = fc.record({
  timeframe: fc.constantFrom(...TIMEFRAMES),
  start: fc.constant(START),
  steps: fc
    .shuffledSubarray([...SYMBOLS], { minLength: 0 })
    .chain((symbols) =>
      fc.oneof(
        fc.constant(symbols),
        fc.constant([...symbols].sort()),
        fc.constant([...symbols].sort().reverse()),
        fc.constant([...symbols].sort(Intl.Collator("en").compare)),
      ),
    )
    .chain((symbols) =>
      fc.tuple(
        ...symbols.map((symbol) =>
          fc.tuple(fc.constant(symbol), fc.array(fc.constantFrom(0, 0, 0, 1, 5), { maxLength: 6 })),
        ),
      ),
    ),
  pageSizes: fc
    .array(fc.constantFrom(0, 1, 1, 2, 3, 5, 8, 100), { minLength: 1, maxLength: 5 })
    .filter((sizes) => sizes.some((size) => size > 0)),
  tokens: fc.constantFrom("last-bar", "nanoseconds", "next-bar", "opaque", "not-base64"),
  keys: fc.constantFrom("stream", "ascending", "descending"),
  tokenOnLastBar: fc.boolean(),
});

/** Long enough for every bar of a plan. */
function requestOf({ timeframe, start }: MarketPlan, spare: number): PageRequest {
  const end = earliestNextOpen(timeframe, start) - start;
  return asking(SYMBOLS, { timeframe, interval: { start, end: start + end * (36 + spare) } });
}

/** Follows all pages through the source itself, cursors included. */
async function* walk(request: PageRequest, { pages, tokens }: WirePages): AsyncGenerator<BarPage> {
  const { fetch } = answering(({ url }) => {
    const token = url.searchParams.get("page_token");
    return new Response(token === null ? pages[0] : pages[tokens.indexOf(token) + 1]);
  });
  const source = alpacaStocks({ ...KEYS, fetch });
  let cursor: string | undefined;
  do {
    const page = await source.fetchPage(request, cursor === undefined ? {} : { cursor });
    yield page;
    cursor = page.next;
  } while (cursor !== undefined);
}

/** What is covered of each symbol. */
function add(covered: Map<string, Interval[]>, spans: readonly CoveredSpan[]): void {
  for (const { series, interval } of spans) {
    covered.set(series.symbol, [...(covered.get(series.symbol) ?? []), interval]);
  }
}

/** The bars of the market that lie in covered spans. */
function claimed({ bars }: WirePages, covered: ReadonlyMap<string, readonly Interval[]>): string[] {
  return bars
    .filter(({ symbol, openTime }) => covered.get(symbol)?.some((interval) => contains(interval, openTime)))
    .map(({ symbol, openTime }) => `${symbol} ${openTime}`);
}

function lengthOf(intervals: readonly Interval[]): number {
  return intervals.reduce((sum, { start, end }) => sum + end - start, 0);
}

test("after every page, whatever is covered was answered; after the last one, everything is, once", async () => {
  await fc.assert(
    fc.asyncProperty(plan, fc.integer({ min: 0, max: 3 }), async (plan, spare) => {
      const wire = pagesOf(plan);
      const request = requestOf(plan, spare);
      const delivered = new Set<string>();
      const covered = new Map<string, Interval[]>();
      for await (const page of walk(request, wire)) {
        for (const { series, bars } of page.bars) {
          for (const { openTime } of bars) delivered.add(`${series.symbol} ${openTime}`);
        }
        add(covered, page.covered);
        expect(claimed(wire, covered).filter((bar) => !delivered.has(bar))).toEqual([]);
      }
      expect(delivered.size).toBe(wire.bars.length);
      for (const symbol of SYMBOLS) {
        const spans = covered.get(symbol) ?? [];
        expect(merge(spans)).toEqual([request.interval]);
        expect(lengthOf(spans)).toBe(lengthOf([request.interval]));
      }
      expect([...covered.keys()].sort()).toEqual([...SYMBOLS].sort());
    }),
    { numRuns: 400 },
  );
});

/** What a faulty service may send instead of a bar. The time of the true bar stays behind as its label. */
const SPOILERS: readonly ((bar: Bar, request: PageRequest) => Bar)[] = [
  (bar) => ({ ...bar, openTime: Number.NaN }),
  (bar, { interval }) => ({ ...bar, openTime: interval.end + 1 }),
  (bar, { interval }) => ({ ...bar, openTime: interval.start - 1 }),
  (bar) => ({ ...bar, high: bar.low - 1 }),
  (bar) => ({ ...bar, close: Number.NaN }),
  (bar) => ({ ...bar, volume: -1 }),
];

test("with bars that cannot be, whatever is covered was answered with a bar that was kept", () => {
  const spoiled = fc.infiniteStream(fc.option(fc.constantFrom(...SPOILERS), { freq: 3 }));
  fc.assert(
    fc.property(plan, spoiled, (plan, spoiled) => {
      const wire = pagesOf(plan);
      const request = requestOf(plan, 1);
      const sift = createSifter("alpaca", request);
      const kept = new Set<string>();
      const covered = new Map<string, Interval[]>();
      let state = WALK_START;
      for (const body of wire.pages) {
        const page = parsePage(body, undefined);
        const bars = [...page.bars].map(([symbol, list]) => {
          const honest = toSeriesBars(seriesFor(request, symbol), list);
          return { ...honest, bars: honest.bars.map((bar) => spoiled.next().value?.(bar, request) ?? bar) };
        });
        let settled: ReturnType<typeof settle>;
        try {
          settled = settle(request, (symbol) => seriesFor(request, symbol), bars, page.token, state);
        } catch (error) {
          // A time far off looks like a page out of sequence: refused whole, and the walk is over.
          expect(error).toBeInstanceOf(SourceUnavailableError);
          break;
        }
        state = settled.after;
        const sifted = sift({ bars, covered: settled.covered });
        for (const { series, bars } of sifted.bars) {
          for (const { openTime } of bars) kept.add(`${series.symbol} ${openTime}`);
        }
        add(covered, sifted.covered);
      }
      expect(claimed(wire, covered).filter((bar) => !kept.has(bar))).toEqual([]);
    }),
    { numRuns: 400 },
  );
});

test("a page that was there before is out of sequence, however long ago", () => {
  fc.assert(
    fc.property(plan, fc.nat(), fc.nat(), (plan, at, back) => {
      const wire = pagesOf(plan);
      const request = requestOf(plan, 0);
      const reached = at % wire.pages.length;
      const repeated = back % (reached + 1);
      let state = WALK_START;
      for (const body of wire.pages.slice(0, reached + 1)) state = step(request, body, state);
      const again = wire.pages[repeated] as string;
      fc.pre(parsePage(again, undefined).bars.size > 0);
      expect(() => step(request, again, state)).toThrow(SourceUnavailableError);
    }),
    { numRuns: 300 },
  );
});

function step(request: PageRequest, body: string, before: WalkState): WalkState {
  const page = parsePage(body, undefined);
  const bars = [...page.bars].map(([symbol, list]) => toSeriesBars(seriesFor(request, symbol), list));
  return settle(request, (symbol) => seriesFor(request, symbol), bars, page.token, before).after;
}

function seriesFor({ timeframe, feed, adjustment }: PageRequest, symbol: string) {
  return { provider: "alpaca", symbol, timeframe, feed, adjustment };
}
