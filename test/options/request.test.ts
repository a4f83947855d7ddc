import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { isBarfillError, OptionsError } from "../../src/errors.ts";
import { parseTimeframe, TIMEFRAME_ALIASES, TIMEFRAMES } from "../../src/model/timeframe.ts";
import { type BackfillRequest, resolveRequest } from "../../src/options/request.ts";
import { issuesOf, pathsOf } from "./issues-of.ts";

const GOOD: BackfillRequest = {
  symbols: ["SPY", "IBM"],
  timeframes: ["1Day"],
  start: "2024-01-01",
  end: "2024-02-01",
};

/** A good request but for `changes`, which the types may well forbid. */
const resolve = (changes: object) => resolveRequest({ ...GOOD, ...changes });
const issues = (changes: object) => issuesOf(() => resolve(changes));
const paths = (changes: object) => pathsOf(() => resolve(changes));

describe("a good request", () => {
  test("is resolved with its defaults, symbols sorted", () => {
    expect(resolveRequest(GOOD)).toEqual({
      symbols: ["IBM", "SPY"],
      timeframes: ["1Day"],
      start: Date.UTC(2024, 0, 1),
      end: Date.UTC(2024, 1, 1),
      adjustment: "raw",
      priority: 0,
    });
  });

  test("keeps label and priority, and leaves out what was left out", () => {
    const { end: _, ...open } = GOOD;
    const resolved = resolveRequest({ ...open, label: "US_BATCH_1", priority: -3 });
    expect(resolved).toMatchObject({ label: "US_BATCH_1", priority: -3 });
    expect(resolved).not.toHaveProperty("end");
    expect(resolve({ label: undefined })).not.toHaveProperty("label");
  });

  test("is frozen throughout, and leaves the caller's lists alone", () => {
    const symbols = ["SPY", "IBM"];
    const timeframes = ["1Day" as const];
    const resolved = resolve({ symbols, timeframes });
    for (const part of [resolved, resolved.symbols, resolved.timeframes]) expect(Object.isFrozen(part)).toBe(true);
    expect(symbols).toEqual(["SPY", "IBM"]);
    expect(Object.isFrozen(symbols) || Object.isFrozen(timeframes)).toBe(false);
  });

  test("sorts symbols by code unit, whatever the order they came in", () => {
    const sorted = ["1", "A", "AA", "B", "BRK.A", "BRK.B", "BTC/USD"];
    fc.assert(
      fc.property(fc.shuffledSubarray(sorted, { minLength: 1 }), (symbols) => {
        expect(resolve({ symbols }).symbols).toEqual(sorted.filter((symbol) => symbols.includes(symbol)));
      }),
    );
  });
});

describe("symbols", () => {
  const TICKERS = ["A", "BRK.B", "BF-B", "BTC/USD", "EUR/USD:FX", "^GSPC", "ES=F", "T.PR.A", "0700.HK"];
  test.each([...TICKERS, "EUR_USD", "btcusdt", "トヨタ", "'; DROP TABLE bars; --".replaceAll(" ", "\u2013")])(
    "%s is one: how they are spelled is the source's to say",
    (one) => {
      expect(resolve({ symbols: [one] }).symbols).toEqual([one]);
    },
  );

  test.each([
    ["white space before", " SPY"],
    ["white space behind", "SPY "],
    ["white space inside", "S PY"],
    ["a line break", "SPY\n"],
    ["a comma", "SPY,IBM"],
    ["nothing", ""],
    ["a control character", "SPY\u0000"],
    ["half a character", "SPY\ud83d"],
    ["too long a name", "A".repeat(101), `"${"A".repeat(57)}..."`],
  ])("%s is none", (_, symbol, received = JSON.stringify(symbol)) => {
    expect(issues({ symbols: ["IBM", symbol] })).toEqual([
      {
        path: "symbols[1]",
        expected: "a symbol of 1 to 100 characters without white space, control characters or commas",
        received,
      },
    ]);
  });

  const alpaca = [alpacaStocks({ keyId: "a", secretKey: "b" }), alpacaCrypto()];
  test.each(TICKERS)("%s may be Alpaca's", (one) => {
    for (const source of alpaca) expect(resolveRequest({ ...GOOD, symbols: [one] }, source).symbols).toEqual([one]);
  });

  test.each([
    ["a label", "US_BATCH_1"],
    ["lower case", "spy"],
    ["punctuation only", "..."],
    ["too long a name", "A".repeat(33)],
    ["a letter that only looks Latin", "SРY"],
  ])("%s is none of Alpaca's, and is told beside what else is wrong", (_, symbol) => {
    const expected = "a ticker such as SPY, BRK.B or BTC/USD (upper case; a label is not a symbol)";
    for (const source of alpaca) {
      const request = { ...GOOD, symbols: ["IBM", symbol, "A B"], start: "soon" };
      expect(issuesOf(() => resolveRequest(request, source)).map((issue) => [issue.path, issue.expected])).toEqual([
        ["symbols[2]", expect.stringContaining("without white space")],
        ["start", expect.anything()],
        ["symbols[1]", expected],
      ]);
    }
  });

  test("a source's own check is called as its method", () => {
    class Mine {
      readonly known = ["a_b"];
      symbolExpected(symbol: string) {
        return this.known.includes(symbol) ? undefined : `one of ${this.known}`;
      }
    }
    expect(resolveRequest({ ...GOOD, symbols: ["a_b"] }, new Mine()).symbols).toEqual(["a_b"]);
    expect(issuesOf(() => resolveRequest({ ...GOOD, symbols: ["c"] }, new Mine()))).toEqual([
      { path: "symbols[0]", expected: "one of a_b", received: '"c"' },
    ]);
  });

  test("neither are numbers, objects and nothing", () => {
    const received = issues({ symbols: [5, { secretKey: "hush" }, null, undefined, ["SPY"]] });
    expect(received.map((issue) => [issue.path, issue.received])).toEqual([
      ["symbols[0]", "5"],
      ["symbols[1]", "an object"],
      ["symbols[2]", "null"],
      ["symbols[3]", "undefined"],
      ["symbols[4]", "a list"],
    ]);
  });

  test("there is one at least, in a list", () => {
    expect(issues({ symbols: [] })).toEqual([
      { path: "symbols", expected: "at least one symbol", received: "an empty list" },
    ]);
    expect(issues({ symbols: "SPY" })).toEqual([{ path: "symbols", expected: "a list of symbols", received: '"SPY"' }]);
  });

  test("each is there once, and every repetition is listed", () => {
    expect(issues({ symbols: ["SPY", "IBM", "SPY", "SPY"] })).toEqual([
      { path: "symbols[2]", expected: "each only once", received: '"SPY"' },
      { path: "symbols[3]", expected: "each only once", received: '"SPY"' },
    ]);
  });

  test("the request's own label is none of them", () => {
    expect(issues({ symbols: ["IBM", "SPY"], label: "SPY" })).toEqual([
      { path: "symbols[1]", expected: "a symbol, not the label", received: '"SPY"' },
    ]);
  });
});

describe("timeframes", () => {
  test("both spellings mean the same, in the order they came in", () => {
    for (const [alias, timeframe] of Object.entries(TIMEFRAME_ALIASES)) {
      expect(resolve({ timeframes: [alias] }).timeframes).toEqual([timeframe]);
      expect(parseTimeframe(alias)).toBe(timeframe);
    }
    expect(resolve({ timeframes: [...TIMEFRAMES].reverse() }).timeframes).toEqual([...TIMEFRAMES].reverse());
  });

  test.each(["2Min", "1min", "1Minute", "M15", "m15 ", "", "1D"])("%j is none", (timeframe) => {
    const [issue, ...more] = issues({ timeframes: ["1Day", timeframe] });
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ path: "timeframes[1]", received: JSON.stringify(timeframe) });
    expect(issue?.expected).toContain("1Min 5Min 15Min");
    expect(issue?.expected).toContain("m15");
  });

  test("one in both spellings is there twice", () => {
    expect(issues({ timeframes: ["m15", "1Day", "15Min"] })).toEqual([
      { path: "timeframes[2]", expected: "each only once", received: '"15Min"' },
    ]);
  });

  test("there is one at least, in a list", () => {
    expect(paths({ timeframes: [] })).toEqual(["timeframes"]);
    expect(paths({ timeframes: "1Day" })).toEqual(["timeframes"]);
    expect(paths({ timeframes: [15] })).toEqual(["timeframes[0]"]);
  });
});

describe("instants", () => {
  test.each([
    ["a date is midnight UTC", "2024-01-15", Date.UTC(2024, 0, 15)],
    ["Z", "2024-01-15T09:30:00Z", Date.UTC(2024, 0, 15, 9, 30)],
    ["lower case", "2024-01-15t09:30:00z", Date.UTC(2024, 0, 15, 9, 30)],
    ["an offset", "2024-01-15T09:30:00-05:00", Date.UTC(2024, 0, 15, 14, 30)],
    ["an offset into the day before", "2020-03-01T01:00:00+02:00", Date.UTC(2020, 1, 29, 23)],
    ["nanoseconds, cut to milliseconds", "2024-01-15T09:30:00.123999999Z", Date.UTC(2024, 0, 15, 9, 30, 0, 123)],
    ["a Date", new Date(Date.UTC(2024, 0, 15, 9, 30)), Date.UTC(2024, 0, 15, 9, 30)],
    ["ms since the epoch", Date.UTC(2024, 0, 15), Date.UTC(2024, 0, 15)],
    ["a fraction of a ms, cut", Date.UTC(2024, 0, 15) + 0.75, Date.UTC(2024, 0, 15)],
    ["a leap day", "2020-02-29", Date.UTC(2020, 1, 29)],
    ["before the epoch", "1962-01-02", Date.UTC(1962, 0, 2)],
    ["the epoch", 0, 0],
    ["ms of an instant that seconds could not be", 1e11, 1e11],
    ["a Date near the epoch", new Date(1000), 1000],
    ["ms long before the epoch", -1e12, -1e12],
  ])("%s", (_, start, expected) => {
    expect(resolve({ start }).start).toBe(expected);
  });

  test.each([
    ["a day that is none", "2023-02-30"],
    ["a day that is none, with a time", "2023-02-30T00:00:00Z"],
    ["a day that is none, with an offset", "2023-02-29T12:00:00+05:00"],
    ["a month that is none", "2023-13-01"],
    ["a time without a zone", "2024-01-15T09:30:00"],
    ["a time without seconds", "2024-01-15T09:30Z"],
    ["an offset that is none", "2024-01-15T09:30:00+99:99"],
    ["a space for the T", "2024-01-15 09:30:00Z"],
    ["another order", "15/01/2024"],
    ["a word", "yesterday"],
    ["nothing", ""],
    ["ms as a text", "1705276800000"],
    ["NaN", Number.NaN],
    ["infinity", Number.NEGATIVE_INFINITY],
    ["an invalid Date", new Date(Number.NaN)],
    ["beyond the year 9999", Date.UTC(10_000, 0)],
    ["before the year 1", -8.64e15],
    ["null", null],
    ["an object", { year: 2024 }],
    ["a bigint", 1705276800000n],
  ])("%s is none", (_, start) => {
    const [issue, ...more] = issues({ start });
    expect(more).toEqual([]);
    expect(issue).toMatchObject({
      path: "start",
      expected: "YYYY-MM-DD, RFC 3339 with Z or an offset, a Date, or ms since the epoch",
    });
  });

  test.each([1_704_067_200, 1_704_067_200.5, 99_999_999_999, -86_400, 1])("%d looks like seconds", (start) => {
    const expected = "ms since the epoch (this looks like seconds; write a date for what lies before March 1973)";
    expect(issues({ start })).toEqual([{ path: "start", expected, received: String(start) }]);
  });

  test("every calendar date is read as its own midnight", () => {
    fc.assert(
      fc.property(fc.integer({ min: -700_000, max: 2_900_000 }), (day) => {
        const date = new Date(day * 86_400_000).toISOString().slice(0, 10);
        expect(resolve({ start: date, end: undefined }).start).toBe(day * 86_400_000);
      }),
    );
  });

  test("the end lies after the start", () => {
    const expected = "an instant after start, 2024-01-01T00:00:00.000Z";
    expect(issues({ end: "2023-12-31" })).toEqual([{ path: "end", expected, received: '"2023-12-31T00:00:00.000Z"' }]);
    expect(issues({ end: GOOD.start })).toMatchObject([{ path: "end", expected }]);
    expect(resolve({ end: Date.UTC(2024, 0, 1) + 1 }).end).toBe(Date.UTC(2024, 0, 1) + 1);
  });

  test("the end may be absent, but not null; the start may be neither", () => {
    expect(resolve({ end: undefined })).not.toHaveProperty("end");
    expect(paths({ end: null })).toEqual(["end"]);
    expect(paths({ start: undefined })).toEqual(["start"]);
  });
});

describe("adjustment", () => {
  test.each([
    ["raw", "raw"],
    ["all", "all"],
    [" split ", "split"],
    ["spin-off", "spin-off"],
    ["dividend,split", "split,dividend"],
    ["spin-off, split", "split,spin-off"],
    ["spin-off,dividend", "dividend,spin-off"],
    ["dividend,spin-off,split", "all"],
  ])("%j is %s", (adjustment, expected) => {
    expect(resolve({ adjustment }).adjustment).toBe(expected);
  });

  test.each(["", "RAW", "raw,split", "all,split", "split,split", "split,", "none", 5, null])(
    "%j is none",
    (adjustment) => {
      expect(paths({ adjustment })).toEqual(["adjustment"]);
    },
  );
});

describe("label and priority", () => {
  test.each(["", "a|b", "a\nb", "a\ud83d", "x".repeat(101), 5, null])("%j is no label", (label) => {
    expect(issues({ label })).toMatchObject([
      { path: "label", expected: "a label of 1 to 100 characters without control characters or `|`" },
    ]);
  });

  test.each([0.5, Number.NaN, Number.POSITIVE_INFINITY, 1_000_001, "1", null])("%s is no priority", (priority) => {
    expect(issues({ priority })).toEqual([
      {
        path: "priority",
        expected: "a whole number from -1000000 to 1000000",
        received: typeof priority === "string" ? JSON.stringify(priority) : String(priority),
      },
    ]);
  });
});

describe("one error for everything", () => {
  test("lists every problem of every field, and hides none behind another", () => {
    const request = {
      symbols: ["US BATCH", "SPY", "SPY", "MINE"],
      timeframes: ["2Min", "m15", "15Min"],
      start: "2024-02-01",
      end: "2024-01-01",
      adjustment: "most",
      label: "MINE",
      priority: 0.5,
      symbol: "SPY",
      limit: 5,
    };
    expect(paths(request).sort()).toEqual([
      "adjustment",
      "end",
      "limit",
      "priority",
      "symbol",
      "symbols[0]",
      "symbols[2]",
      "symbols[3]",
      "timeframes[0]",
      "timeframes[2]",
    ]);
  });

  test.each([
    ["a symbol of the wrong type", { symbols: ["SPY", "SPY", 5] }, ["symbols[1]", "symbols[2]"]],
    ["a fractional priority", { priority: 0.5 }, ["priority"]],
    ["an unknown timeframe", { timeframes: ["2Min"] }, ["timeframes[0]"]],
    ["no symbols", { symbols: undefined }, ["symbols"]],
  ])("%s does not hide reversed dates", (_, changes, expected) => {
    expect(paths({ ...changes, end: "2023-01-01" }).sort()).toEqual(["end", ...expected]);
  });

  test("the message has a line for each: where, what was expected, what came", () => {
    const act = () => resolve({ timeframes: [], limit: 5 });
    expect(act).toThrowError(
      "invalid options\n  timeframes: expected at least one timeframe, received an empty list\n  limit: expected one of symbols, timeframes, start, end, adjustment, label, priority, reask, received an unknown option",
    );
    expect(act).toThrowError(OptionsError);
  });

  test.each([[null], [undefined], ["SPY"], [5], [[]], [() => GOOD]])("%j instead of a request", (request) => {
    const [issue, ...more] = issuesOf(() => resolveRequest(request as never));
    expect(more).toEqual([]);
    expect(issue).toMatchObject({ path: "(options)", expected: "a request, with symbols, timeframes and start" });
  });

  test("an empty request lacks three things", () => {
    expect(pathsOf(() => resolveRequest({} as never))).toEqual(["symbols", "timeframes", "start"]);
  });

  test("long texts are cut, objects and a text in place of the request are not shown", () => {
    const secret = "hush-hush-hush";
    expect(issues({ symbols: ["x".repeat(1000)] })[0]?.received).toHaveLength(62);
    const shown = [
      issues({ symbols: [{ secret }], start: { secret }, label: { secret }, end: [secret], priority: [secret] }),
      issuesOf(() => resolveRequest(secret as never)),
    ];
    expect(shown.flat()).toHaveLength(6);
    expect(JSON.stringify(shown)).not.toContain(secret);
  });

  test("whatever is passed, it is resolved or refused by an OptionsError", () => {
    const anything = fc.record(
      {
        symbols: fc.oneof(fc.array(fc.oneof(fc.string(), fc.anything())), fc.anything()),
        timeframes: fc.oneof(fc.array(fc.oneof(fc.constantFrom(...TIMEFRAMES), fc.anything())), fc.anything()),
        start: fc.oneof(fc.date({ noInvalidDate: false }), fc.double(), fc.anything()),
        end: fc.oneof(fc.date({ noInvalidDate: false }), fc.double(), fc.anything()),
        adjustment: fc.anything(),
        label: fc.anything(),
        priority: fc.anything(),
      },
      { requiredKeys: [] },
    );
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(anything, fc.anything()), (request) => {
        try {
          resolveRequest(request as never);
        } catch (error) {
          if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
          expect(error.issues.length).toBeGreaterThan(0);
          refused++;
        }
      }),
      { numRuns: 300 },
    );
    expect(refused).toBeGreaterThan(250);
  });
});
