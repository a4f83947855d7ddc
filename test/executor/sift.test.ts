import fc from "fast-check";
import { expect, test } from "vitest";
import type { BarPage, PageRequest } from "../../src/contracts/bar-source.ts";
import { SourceDataError } from "../../src/errors.ts";
import { createSifter } from "../../src/executor/sift.ts";
import type { Bar, SeriesBars } from "../../src/model/bar.ts";
import type { CoveredSpan } from "../../src/model/coverage.ts";
import { contains, merge } from "../../src/model/interval.ts";
import type { Series } from "../../src/model/series.ts";
import { earliestNextOpen, TIMEFRAMES } from "../../src/model/timeframe.ts";

const MINUTE = 60_000;
const END = 100;
const request: PageRequest = {
  symbols: ["A", "B"],
  timeframe: "1Min",
  feed: "sip",
  adjustment: "raw",
  interval: { start: 0, end: END * MINUTE },
};

function series(symbol: string, more: Partial<Series> = {}): Series {
  return { provider: "test", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw", ...more };
}

function bar(minute: number, more: Partial<Bar> = {}): Bar {
  return { openTime: minute * MINUTE, open: 2, high: 3, low: 1, close: 2, volume: 10, ...more };
}

function part(symbol: string, ...bars: Bar[]): SeriesBars {
  return { series: series(symbol), bars };
}

/** A claim, in minutes. */
function span(symbol: string, start: number, end: number): CoveredSpan {
  return { series: series(symbol), interval: { start: start * MINUTE, end: end * MINUTE } };
}

/** What a walk of several pages keeps and covers, in minutes, and what it found wrong. */
function sifting(...pages: (readonly [parts: SeriesBars[], covered: CoveredSpan[]])[]) {
  const sift = createSifter("test", request);
  return pages.map(([bars, covered]) => {
    const sifted = sift({ bars, covered });
    return {
      kept: sifted.bars.map(
        ({ series, bars }) => `${series.symbol} ${bars.map((one) => one.openTime / MINUTE).join()}`,
      ),
      covered: sifted.covered.map(
        ({ series, interval }) => `${series.symbol} ${interval.start / MINUTE}-${interval.end / MINUTE}`,
      ),
      bad: sifted.bad.map(({ series, openTime, issues }) => `${series.symbol} ${openTime / MINUTE}: ${issues.join()}`),
    };
  });
}

test("a good page comes back untouched", () => {
  const sift = createSifter("test", request);
  const first = part("A", bar(1, { tradeCount: 3, vwap: 2 }), bar(2), bar(99, { volume: 0, high: 1, low: 1 }));
  const page: BarPage = { bars: [first, part("B")], covered: [span("A", 0, 100), span("B", 0, 100)], next: "more" };
  const sifted = sift(page);
  expect(sifted.bars[0]).toBe(first);
  expect(sifted.bars[0]?.bars).toBe(first.bars);
  expect(sifted.bars[1]).toBe(page.bars[1]);
  expect(sifted.covered).toEqual(page.covered);
  expect(sifted.bad).toEqual([]);
});

test("a claim counts within the question only", () => {
  const sift = createSifter("test", request);
  const claimed = [{ series: series("A"), interval: { start: -MINUTE, end: 1e15 } }, span("B", 200, 300)];
  expect(sift({ bars: [], covered: claimed }).covered).toEqual([{ series: series("A"), interval: request.interval }]);
  expect(() => sift({ bars: [], covered: [span("UNASKED", 0, 100)] })).toThrow(/not asked for/);
});

test("what the market printed passes: the minute in which Apple split seven to one", () => {
  const split = { open: 645.57, high: 645.57, low: 92.23, close: 92.42, volume: 600 };
  const openTime = Date.parse("2014-06-09T08:00:00Z");
  const interval = { start: openTime, end: openTime + 3 * MINUTE };
  const apple = { series: series("AAPL"), bars: [{ openTime, ...split }] };
  const sift = createSifter("test", { ...request, symbols: ["AAPL"], interval });
  const covered = [{ series: series("AAPL"), interval }];
  expect(sift({ bars: [apple], covered })).toEqual({ bars: [apple], covered, bad: [] });
});

test("negative prices have been seen, and pass", () => {
  const [page] = sifting([[part("A", bar(5, { open: -37, high: -10, low: -40, close: -37 }))], []]);
  expect(page).toEqual({ kept: ["A 5"], covered: [], bad: [] });
});

const NOT_FINITE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const;
const FIELDS = ["open", "high", "low", "close", "volume", "tradeCount", "vwap"] as const;

/** Each spoils a bar in its place. */
const SPOILED: readonly (readonly [name: string, more: Partial<Bar>, issue: RegExp])[] = [
  ...FIELDS.flatMap((field) =>
    NOT_FINITE.map(
      (value) => [`${field} ${value}`, { [field]: value }, new RegExp(`${field} is not a finite`)] as const,
    ),
  ),
  ["infinities that cancel out", { open: Number.POSITIVE_INFINITY, close: Number.NEGATIVE_INFINITY }, /open.*close/],
  ["high below low", { high: 1, low: 1.5 }, /high 1 is below low 1.5/],
  ["negative volume", { volume: -1 }, /volume -1 is negative/],
  ["prices beyond all prices", { open: 1e308, high: 1e308 }, /numbers are too large/],
  ["half a trade", { tradeCount: 1.5 }, /tradeCount 1.5 is no whole number from 0 to 2147483647/],
  ["fewer trades than none", { tradeCount: -1 }, /tradeCount -1 is no whole/],
  ["more trades than a column holds", { tradeCount: 2 ** 31 }, /tradeCount 2147483648 is no whole/],
];

test.each(SPOILED)("%s, at the start, in the middle or at the end of a page", (_, more, issue) => {
  const covered = [span("A", 0, 41)];
  const claims = (minute: number) => {
    const bars = [10, 20, 30, 40].map((at) => bar(at, at === minute ? more : {}));
    const [page] = sifting([[part("A", ...bars)], covered]);
    expect(page?.kept).toEqual([`A ${[10, 20, 30, 40].filter((at) => at !== minute)}`]);
    expect(page?.bad).toEqual([expect.stringMatching(issue)]);
    expect(page?.bad[0]).toMatch(new RegExp(`^A ${minute}: `));
    return page?.covered;
  };
  // What lies between the good bars on either side is in doubt: nobody knows which instant the bad bar stood for.
  expect(claims(10)).toEqual(["A 20-41"]);
  expect(claims(20)).toEqual(["A 0-11", "A 30-41"]);
  expect(claims(40)).toEqual(["A 0-31"]);
});

test.each([
  ["before the interval", -1, /opens outside/],
  ["at its end", END, /opens outside/],
  ["long after", 1e6, /opens outside/],
  ["at no time", Number.NaN, /openTime is not a finite number/],
  ["at an infinite time", Number.POSITIVE_INFINITY, /openTime is not a finite number/],
])("a bar that opens %s leaves open whatever lies around it", (_, minute, issue) => {
  const [middle] = sifting([[part("A", bar(10), bar(minute), bar(30))], [span("A", 0, 31)]]);
  expect(middle).toEqual({ kept: ["A 10,30"], covered: ["A 0-11", "A 30-31"], bad: [expect.stringMatching(issue)] });
  const [first] = sifting([[part("A", bar(minute), bar(30))], [span("A", 0, 31)]]);
  expect(first).toMatchObject({ kept: ["A 30"], covered: ["A 30-31"] });
  // At the end of a page there is no bar to end the hole: the rest of the walk is in doubt.
  const pages = sifting(
    [[part("A", bar(10), bar(minute))], [span("A", 0, 11)]],
    [[part("A", bar(30))], [span("A", 11, 31)]],
    [[], [span("A", 31, 100), span("B", 0, 100)]],
  );
  expect(pages.map(({ kept }) => kept)).toEqual([["A 10"], ["A 30"], []]);
  expect(pages.map(({ covered }) => covered)).toEqual([["A 0-11"], [], ["B 0-100"]]);
});

test("a bar of half a millisecond is kept out, and what is covered around it begins and ends at whole ones", () => {
  const sift = createSifter("test", request);
  const half = bar(20, { openTime: 20 * MINUTE + 0.5 });
  const most = bar(30, { tradeCount: 2 ** 31 - 1 });
  const sifted = sift({ bars: [part("A", bar(10), half, most)], covered: [span("A", 0, 50), span("B", 0.5e-5, 3)] });
  expect(sifted.bars[0]?.bars).toEqual([bar(10), most]);
  expect(sifted.bad).toEqual([
    { series: series("A"), openTime: half.openTime, issues: ["openTime 1200000.5 is no whole millisecond"] },
  ]);
  expect(sifted.covered).toEqual([
    span("A", 0, 11),
    span("A", 30, 50),
    { series: series("B"), interval: { start: 1, end: 3 * MINUTE } },
  ]);
  expect(sift({ bars: [], covered: [{ series: series("B"), interval: { start: 0.2, end: 0.9 } }] }).covered).toEqual(
    [],
  );
});

test("a hole that ends at no whole millisecond leaves no claim of a part of one", () => {
  const sift = createSifter("test", request);
  const halves = [bar(20), bar(20, { openTime: 20 * MINUTE + 0.5 }), bar(20, { openTime: 20 * MINUTE + 0.75 })];
  const covered = sift({ bars: [part("A", ...halves)], covered: [span("A", 0, 50)] }).covered;
  expect(covered.flatMap(({ interval: { start, end } }) => [start, end]).filter((at) => !Number.isInteger(at))).toEqual(
    [],
  );
});

test.each([
  ["repeated", [10, 20, 20, 30], "A 10,20,30", ["A 0-20", "A 30-31"]],
  ["out of order", [10, 20, 15, 30], "A 10,20,30", ["A 0-15", "A 16-21", "A 30-31"]],
  ["overlapping the one before", [10, 20, 20.5, 30], "A 10,20,30", ["A 0-20.5", "A 30-31"]],
])("a bar %s is kept out, and its own place is not covered", (_, minutes, kept, covered) => {
  const [page] = sifting([[part("A", ...minutes.map((minute) => bar(minute)))], [span("A", 0, 31)]]);
  expect(page).toEqual({
    kept: [kept],
    covered,
    bad: [`A ${minutes[2]}: opens before the bar ahead of it is over`],
  });
});

test("a bar of no time is not forgotten over a bad one that comes after it", () => {
  const [page] = sifting([[part("A", bar(10), bar(Number.NaN), bar(10))], [span("A", 0, 100)]]);
  expect(page).toMatchObject({ kept: ["A 10"], covered: ["A 0-10"] });
});

test("bars of the page before count: repeated and out of order are seen across pages", () => {
  const pages = sifting(
    [[part("A", bar(10), bar(20))], [span("A", 0, 21)]],
    [[part("A", bar(20), bar(5), bar(30))], [span("A", 21, 31)]],
  );
  expect(pages[1]).toMatchObject({
    kept: ["A 30"],
    covered: ["A 30-31"],
    bad: [expect.stringMatching(/^A 20: opens before/), expect.stringMatching(/^A 5: opens before/)],
  });
});

test("what later pages claim does not fill the holes of earlier ones", () => {
  const pages = sifting(
    [[part("A", bar(10), bar(20, { high: 0 }))], [span("A", 0, 21)]],
    [[part("A", bar(30), bar(40, { high: 0 }), bar(50))], [span("A", 21, 51)]],
    [[], [span("A", 0, 100), span("B", 0, 100)]],
  );
  expect(pages.map(({ covered }) => covered)).toEqual([
    ["A 0-11"],
    ["A 21-31", "A 50-51"],
    ["A 0-11", "A 21-31", "A 50-100", "B 0-100"],
  ]);
});

test("a bad bar of one series takes nothing from another", () => {
  const b = part("B", bar(10), bar(20));
  const sift = createSifter("test", request);
  const sifted = sift({
    bars: [part("A", bar(10), bar(20, { volume: -1 })), b],
    covered: [span("A", 0, 21), span("B", 0, 21)],
  });
  expect(sifted.bars[1]).toBe(b);
  expect(sifted.covered).toEqual([span("A", 0, 11), span("B", 0, 21)]);
});

test("a page of nothing but bad bars keeps nothing and covers nothing of theirs", () => {
  const [page] = sifting([[part("A", bar(Number.NaN), bar(Number.NaN))], [span("A", 0, 100), span("B", 0, 100)]]);
  expect(page).toMatchObject({
    kept: ["A "],
    covered: ["B 0-100"],
    bad: [/./, /./].map((one) => expect.stringMatching(one)),
  });
});

test.each<[string, Series]>([
  ["symbol", series("C")],
  ["provider", series("A", { provider: "another" })],
  ["timeframe", series("A", { timeframe: "5Min" })],
  ["feed", series("A", { feed: "iex" })],
  ["adjustment", series("A", { adjustment: "split" })],
])("an answer of another %s throws, and nothing of the page counts", (_, other) => {
  const sift = createSifter("test", request);
  const page = { bars: [part("B", bar(1)), { series: other, bars: [bar(1)] }], covered: [span("B", 0, 2)] };
  expect(() => sift(page)).toThrow(SourceDataError);
  expect(() => sift(page)).toThrow(/which was not asked for/);
});

/** What may be sent in place of a bar. */
const CORRUPTIONS: Record<string, (honest: Bar, ahead: Bar | undefined, end: number) => Bar> = {
  "no time": (honest) => ({ ...honest, openTime: Number.NaN }),
  early: (honest) => ({ ...honest, openTime: -1 }),
  late: (honest, _, end) => ({ ...honest, openTime: end }),
  repeated: (honest, ahead) => ahead ?? { ...honest, openTime: -1 },
  overlapping: (honest, ahead) => ({ ...honest, openTime: (ahead?.openTime ?? -2) + 1 }),
  "no close": (honest) => ({ ...honest, close: Number.NaN }),
  inverted: (honest) => ({ ...honest, high: honest.low - 1 }),
  negative: (honest) => ({ ...honest, volume: -1 }),
  "half a millisecond late": (honest) => ({ ...honest, openTime: honest.openTime + 0.5 }),
  "half a trade": (honest) => ({ ...honest, tradeCount: 1.5 }),
  "trades beyond count": (honest) => ({ ...honest, tradeCount: 2 ** 31 }),
};

const walkPlan = fc.record({
  timeframe: fc.constantFrom(...TIMEFRAMES),
  // Steps between bars in shortest bars, what is sent instead, and where pages end.
  bars: fc.array(
    fc.record({
      symbol: fc.constantFrom("A", "B"),
      step: fc.constantFrom(1, 1, 2, 7),
      instead: fc.option(fc.constantFrom(...Object.keys(CORRUPTIONS)), { freq: 2 }),
      pageEnds: fc.boolean(),
    }),
    { maxLength: 25 },
  ),
});

test("in any mixture, exactly the good bars are kept, and no instant of a bar that was kept out is covered", () => {
  fc.assert(
    fc.property(walkPlan, ({ timeframe, bars: plan }) => {
      const length = earliestNextOpen(timeframe, 0);
      const asked = { ...request, timeframe, interval: { start: 0, end: length * 200 } };
      const sift = createSifter("test", asked);
      const times = new Map([
        ["A", -length],
        ["B", -length],
      ]);
      const ahead = new Map<string, Bar>();
      const good: string[] = [];
      /** Instants that no page may claim from now on. */
      const inDoubt: { symbol: string; openTime: number }[] = [];
      const kept: string[] = [];
      const covered: CoveredSpan[] = [];
      let parts = new Map<string, Bar[]>();
      const identity = (symbol: string) => series(symbol, { timeframe });
      const turnPage = (last: boolean) => {
        // A careless source: each page claims everything up to its last bar, the last page everything.
        const claims = [...times].map(([symbol, openTime]) => ({
          series: identity(symbol),
          interval: { start: 0, end: last ? asked.interval.end : openTime + length },
        }));
        const sifted = sift({
          bars: [...parts].map(([symbol, bars]) => ({ series: identity(symbol), bars })),
          covered: claims,
        });
        for (const { interval } of sifted.covered) {
          expect(Object.values(interval).every(Number.isInteger)).toBe(true);
        }
        for (const { series, bars } of sifted.bars) kept.push(...bars.map((one) => `${series.symbol} ${one.openTime}`));
        covered.push(...sifted.covered);
        const claimed = ({ symbol, openTime }: (typeof inDoubt)[0]) =>
          sifted.covered.some(({ series, interval }) => series.symbol === symbol && contains(interval, openTime));
        expect(inDoubt.filter(claimed)).toEqual([]);
        parts = new Map();
      };

      for (const { symbol, step, instead, pageEnds } of plan) {
        const openTime = (times.get(symbol) as number) + step * length;
        times.set(symbol, openTime);
        const truth = { ...bar(0), openTime };
        const corrupt = instead === null ? undefined : CORRUPTIONS[instead];
        const sent = corrupt?.(truth, ahead.get(symbol), asked.interval.end) ?? truth;
        if (corrupt === undefined) {
          good.push(`${symbol} ${openTime}`);
          ahead.set(symbol, truth);
        } else {
          // It stands for the instant that it says, or where that cannot be, for the one that it should have said.
          inDoubt.push({ symbol, openTime: contains(asked.interval, sent.openTime) ? sent.openTime : openTime });
        }
        parts.set(symbol, [...(parts.get(symbol) ?? []), sent]);
        if (pageEnds) turnPage(false);
      }
      turnPage(true);

      expect(kept.sort()).toEqual(good.sort());
      if (inDoubt.length === 0) {
        for (const symbol of ["A", "B"]) {
          const spans = covered.filter(({ series }) => series.symbol === symbol).map(({ interval }) => interval);
          expect(merge(spans)).toEqual([asked.interval]);
        }
      }
    }),
    { numRuns: 500 },
  );
});
