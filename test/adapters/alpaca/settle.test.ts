import { expect, test } from "vitest";
import { settle, WALK_START, type WalkState } from "../../../src/adapters/alpaca/settle.ts";
import type { PageRequest } from "../../../src/contracts/bar-source.ts";
import type { SeriesBars } from "../../../src/model/bar.ts";
import type { Series } from "../../../src/model/series.ts";
import { asking } from "./answers.ts";

const MINUTE = 60_000;
const request: PageRequest = asking(["A", "B", "C"], { interval: { start: 0, end: 100 * MINUTE } });

function seriesFor(symbol: string): Series {
  return { provider: "alpaca", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw" };
}

function part(symbol: string, ...minutes: number[]): SeriesBars {
  const bars = minutes.map((minute) => ({
    openTime: minute * MINUTE,
    open: 2,
    high: 3,
    low: 1,
    close: 2,
    volume: 1,
  }));
  return { series: seriesFor(symbol), bars };
}

function tokenAt(symbol: string, minute: number): string {
  return btoa(`${symbol}|M|${new Date(minute * MINUTE).toISOString()}`);
}

/** Settles pages one after the other; what each covers, as `A 0-11`, in minutes. */
function covering(...pages: (readonly [parts: SeriesBars[], token?: string])[]): string[][] {
  let state: WalkState = WALK_START;
  return pages.map(([parts, token]) => {
    const { covered, after } = settle(request, seriesFor, parts, token, state);
    state = after;
    return covered.map(
      ({ series, interval }) => `${series.symbol} ${interval.start / MINUTE}-${interval.end / MINUTE}`,
    );
  });
}

test("of a page that is not the last, all but the symbol in progress are whole, and it up to its last bar", () => {
  expect(covering([[part("A", 3, 5), part("B", 10)], tokenAt("B", 10)])).toEqual([["A 0-100", "B 0-11"]]);
});

test("the next page tells that a symbol in progress had no more", () => {
  const pages = covering([[part("A", 10)], tokenAt("A", 10)], [[part("B", 1)], tokenAt("B", 1)]);
  expect(pages).toEqual([["A 0-11"], ["B 0-2", "A 11-100"]]);
});

test("a symbol in progress goes on where it was", () => {
  const pages = covering([[part("A", 10)], tokenAt("A", 10)], [[part("A", 20)], tokenAt("A", 20)]);
  expect(pages).toEqual([["A 0-11"], ["A 11-21"]]);
});

test("only the last page settles symbols that never appeared", () => {
  expect(covering([[part("B", 1)], tokenAt("B", 1)], [[]])).toEqual([["B 0-2"], ["A 0-100", "B 2-100", "C 0-100"]]);
});

test("no bars at all settle everything, when there is no token", () => {
  expect(covering([[]])).toEqual([["A 0-100", "B 0-100", "C 0-100"]]);
  expect(covering([[part("A"), part("B")]])).toEqual([["A 0-100", "B 0-100", "C 0-100"]]);
});

test("an empty page with a token settles nothing", () => {
  const pages = covering([[], tokenAt("A", 0)], [[part("A", 9)], tokenAt("A", 9)], [[part("B")], tokenAt("A", 9)]);
  expect(pages).toEqual([[], ["A 0-10"], []]);
});

test("where the body's order and the token disagree, both of their symbols are unfinished", () => {
  expect(covering([[part("A", 1), part("B", 2), part("C", 3)], tokenAt("A", 1)])).toEqual([
    ["A 0-2", "B 0-100", "C 0-4"],
  ]);
});

test.each([
  ["is not base64", "???"],
  ["names nobody", btoa("something else")],
  ["names a symbol of another page", tokenAt("C", 1)],
])("a token that %s leaves every symbol of the page unfinished", (_, token) => {
  expect(covering([[part("A", 1), part("B", 2)], token])).toEqual([["A 0-2", "B 0-3"]]);
});

test("nothing is settled beyond the interval, nor by a time that cannot be", () => {
  expect(covering([[part("A", 99)], tokenAt("A", 99)])).toEqual([["A 0-100"]]);
  expect(covering([[part("A", 7, 200)], tokenAt("A", 7)])).toEqual([["A 0-8"]]);
  expect(covering([[part("A", 7, Number.NaN)], tokenAt("A", 7)])).toEqual([["A 0-8"]]);
  expect(covering([[part("A", -5, Number.NaN)], tokenAt("A", 7)])).toEqual([[]]);
});

test("a page that goes back, or opens a whole symbol again, is refused", () => {
  const first: [SeriesBars[], string] = [[part("A", 10), part("B", 20)], tokenAt("B", 20)];
  const refusal = /out of sequence at B/;
  expect(() => covering(first, [[part("B", 20)], tokenAt("B", 20)])).toThrow(refusal);
  expect(() => covering(first, [[part("B", 5, 21)]])).toThrow(refusal);
  expect(() => covering(first, [[part("A", 11)]])).toThrow(/out of sequence at A/);
});
