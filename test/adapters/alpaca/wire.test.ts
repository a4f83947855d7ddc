import fc from "fast-check";
import { expect, test } from "vitest";
import { parsePage, toSeriesBars, type WireBar } from "../../../src/adapters/alpaca/wire.ts";
import type { Bar } from "../../../src/model/bar.ts";
import type { Series } from "../../../src/model/series.ts";

const SERIES: Series = { provider: "alpaca", symbol: "AAPL", timeframe: "1Min", feed: "sip", adjustment: "raw" };

/** The documented bar. */
const WIRE = { t: "2022-01-03T09:00:00Z", o: 178.26, h: 178.27, l: 178.2, c: 178.21, v: 1118, n: 65, vw: 178.235733 };
const OPEN_TIME = Date.UTC(2022, 0, 3, 9);

function only(wire: unknown): Bar {
  return toSeriesBars(SERIES, [wire as WireBar]).bars[0] as Bar;
}

function timeOf(t: unknown): number {
  return only({ ...WIRE, t }).openTime;
}

test("a page is bars by symbol, and a token where more is to come", () => {
  const page = parsePage(JSON.stringify({ bars: { AAPL: [WIRE] }, next_page_token: "QUFQTA==" }), undefined);
  expect([...page.bars]).toEqual([["AAPL", [WIRE]]]);
  expect(page.token).toBe("QUFQTA==");
  expect(parsePage(`{"bars":{},"next_page_token":null}`, undefined)).toEqual({ bars: new Map() });
});

test("bars may be null, which means none", () => {
  expect(parsePage(`{"bars":null,"next_page_token":null}`, undefined)).toEqual({ bars: new Map() });
});

test("symbols keep the order of the body, and other keys are let be", () => {
  const page = parsePage(`{"currency":"USD","next_page_token":null,"bars":{"Z":[],"A":[],"M":[]}}`, undefined);
  expect([...page.bars.keys()]).toEqual(["Z", "A", "M"]);
});

test.each([
  ["no bars key", `{"next_page_token":null}`],
  ["no token key", `{"bars":{}}`],
  ["bars as a list", `{"bars":[],"next_page_token":null}`],
  ["bars as text", `{"bars":"none","next_page_token":null}`],
  ["a symbol whose bars are null", `{"bars":{"AAPL":null},"next_page_token":null}`],
  ["a symbol whose bars are an object", `{"bars":{"AAPL":{}},"next_page_token":null}`],
  ["a number for a token", `{"bars":{},"next_page_token":7}`],
  ["an empty token", `{"bars":{},"next_page_token":""}`],
  ["an error under status 200", `{"message":"internal error"}`],
  ["null", "null"],
  ["a list", "[]"],
  ["a number", "5"],
])("%s is no page of bars", (_, body) => {
  expect(() => parsePage(body, "req-1")).toThrow(
    expect.objectContaining({ code: "SOURCE_DATA_INVALID", requestId: "req-1", cause: expect.anything() }),
  );
});

test.each([
  ["nothing", ""],
  ["a cut-off page", JSON.stringify({ bars: { AAPL: [WIRE] }, next_page_token: null }).slice(0, 70)],
  ["HTML", "<html><body>Bad Gateway</body></html>"],
])("%s is no answer, and may be one later", (_, body) => {
  expect(() => parsePage(body, "req-2")).toThrow(
    expect.objectContaining({ code: "SOURCE_UNAVAILABLE", requestId: "req-2", cause: expect.any(SyntaxError) }),
  );
});

test("a bar is read field by field", () => {
  const bar = { openTime: OPEN_TIME, open: 178.26, high: 178.27, low: 178.2, close: 178.21, volume: 1118 };
  expect(toSeriesBars(SERIES, [WIRE])).toStrictEqual({
    series: SERIES,
    bars: [{ ...bar, tradeCount: 65, vwap: 178.235733 }],
  });
  const { n, vw, ...bare } = WIRE;
  expect(only(bare)).toStrictEqual(bar);
  expect(only({ ...bare, n })).toStrictEqual({ ...bar, tradeCount: 65 });
  expect(only({ ...bare, vw })).toStrictEqual({ ...bar, vwap: 178.235733 });
});

const FIELDS = { o: "open", h: "high", l: "low", c: "close", v: "volume", n: "tradeCount", vw: "vwap" } as const;

test.each(Object.entries(FIELDS))("%s that is not a number becomes NaN, and nothing else does", (key, name) => {
  const { t: _, ...honest } = only(WIRE) as Bar & { t?: never };
  const isOptional = key === "n" || key === "vw";
  for (const value of ["178.26", true, {}, [1], ...(isOptional ? [] : [null])]) {
    expect(only({ ...WIRE, [key]: value })).toStrictEqual({ ...honest, [name]: Number.NaN });
  }
});

test("a trade count or VWAP of null is absent", () => {
  const { tradeCount: _, vwap: __, ...bare } = only(WIRE);
  expect(only({ ...WIRE, n: null, vw: null })).toStrictEqual(bare);
});

test.each(["o", "h", "l", "c", "v"] as const)("a bar without %s has NaN there", (key) => {
  const { [key]: _, ...rest } = WIRE;
  expect(only(rest)[FIELDS[key]]).toBeNaN();
});

test.each([
  ["null", null],
  ["a number", 5],
  ["text", "bar"],
  ["an empty object", {}],
])("%s for a bar is a bar of NaN", (_, wire) => {
  const nan = Number.NaN;
  expect(only(wire)).toStrictEqual({ openTime: nan, open: nan, high: nan, low: nan, close: nan, volume: nan });
});

test.each([
  ["2022-01-03T09:00:00Z", OPEN_TIME],
  ["2022-01-03T09:00:00.000000000Z", OPEN_TIME],
  ["2022-01-03T09:00:00.25Z", OPEN_TIME + 250],
  ["2022-01-03T04:00:00-05:00", OPEN_TIME],
  ["2022-01-03T14:30:00+05:30", OPEN_TIME],
  ["2022-01-02T24:00:00Z", Date.UTC(2022, 0, 3)],
])("the time %s is read", (text, expected) => {
  expect(timeOf(text)).toBe(expected);
});

test.each([
  "",
  "soon",
  "1",
  "2022-01-03",
  "2022-01-03T09:00Z",
  // Without an offset: another instant on each machine.
  "2022-01-03T09:00:00",
  "2022-01-03 09:00:00Z",
  "2022-01-03T09.00.00Z",
  "2022-01-03T09:60:00Z",
  "2022-01-03T09:00:60Z",
  "2022-01-03T25:00:00Z",
  "2022-01-03T0x:00:00Z",
  "2022-13-03T09:00:00Z",
  "January 3, 2022 09:0Z",
  1_641_200_400_000,
  null,
  undefined,
])("%j is no time", (value) => {
  expect(timeOf(value)).toBeNaN();
});

test("times are those of Date.parse, whatever bars stand beside each other", () => {
  const ms = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(2099, 11, 31) });
  const near = fc.tuple(ms, fc.array(fc.integer({ min: 0, max: 3 * 86_400_000 }), { maxLength: 20 }));
  const spell = fc.constantFrom(
    (time: number) => new Date(time).toISOString(),
    (time: number) => new Date(time).toISOString().replace(/\.\d+Z$/, "Z"),
    (time: number) => new Date(time).toISOString().replace("Z", "000000Z"),
    (time: number) => new Date(time).toISOString().replace("Z", "-05:00"),
  );
  fc.assert(
    fc.property(near, fc.infiniteStream(spell), ([base, offsets], spellings) => {
      const texts = offsets.map((offset) => (spellings.next().value as (time: number) => string)(base + offset));
      const { bars } = toSeriesBars(
        SERIES,
        texts.map((t) => ({ ...WIRE, t })),
      );
      expect(bars.map(({ openTime }) => openTime)).toEqual(texts.map((t) => Date.parse(t)));
    }),
    { numRuns: 300 },
  );
});

test("no text of a time's length is read as another instant than Date.parse reads", () => {
  const character = fc.constantFrom(..."0123456789T:-Z .x");
  const damaged = fc
    .tuple(fc.nat(19), character, fc.nat(19), character)
    .map(([i, a, j, b]) => [...WIRE.t].map((c, at) => (at === i ? a : at === j ? b : c)).join(""));
  fc.assert(
    fc.property(damaged, (text) => {
      const time = timeOf(text);
      if (!Number.isNaN(time)) expect(time).toBe(Date.parse(text));
    }),
    { numRuns: 1000 },
  );
});
