import { expect, test } from "vitest";
import { restOf } from "../../src/executor/rest-of.ts";
import { seriesKey } from "../../src/model/series.ts";
import { makeSlice, type Slice } from "../../src/model/slice.ts";
import { scriptedSource } from "../../src/testing/scripted-source.ts";

const { limits } = scriptedSource({ bars: {}, limits: { symbolsPerRequest: 2 } });
const parts: Omit<Slice, "id"> = {
  provider: "test",
  label: "US_BATCH_1",
  symbols: ["A", "B", "C", "D", "E"],
  timeframe: "1Min",
  feed: "sip",
  adjustment: "raw",
  interval: { start: 0, end: 100 },
  again: 100,
  priority: 3,
  estimate: { bars: 500, pages: 10 },
};
const slice = makeSlice(parts);

/** Spans by symbol, as they were settled. */
function settled(spans: Record<string, readonly (readonly [number, number])[]>) {
  return new Map(
    Object.entries(spans).map(([symbol, all]) => [
      seriesKey({ ...slice, symbol }),
      all.map(([start, end]) => ({ start, end })),
    ]),
  );
}

test("the rest of a slice is what is not settled, its estimate with it, however wide", () => {
  const rest = restOf(slice, settled({ A: [[0, 100]], B: [[0, 60]] }), limits);
  expect(rest).toEqual([
    makeSlice({ ...parts, symbols: ["B"], interval: { start: 60, end: 100 }, estimate: { bars: 40, pages: 1 } }),
    makeSlice({ ...parts, symbols: ["C", "D", "E"], estimate: { bars: 300, pages: 6 } }),
  ]);
  expect(new Set([slice, ...rest].map(({ id }) => id)).size).toBe(3);
});

test("a hole in what is settled is part of the rest", () => {
  const rest = restOf(
    slice,
    settled({
      A: [
        [0, 20],
        [30, 100],
      ],
      ...allOf("B", "C", "D", "E"),
    }),
    limits,
  );
  expect(rest).toMatchObject([{ symbols: ["A"], interval: { start: 20, end: 30 } }]);
});

test("nothing is left of what is settled as a whole", () => {
  expect(restOf(slice, settled(allOf("A", "B", "C", "D", "E")), limits)).toEqual([]);
});

function allOf(...symbols: string[]) {
  return Object.fromEntries(symbols.map((symbol) => [symbol, [[0, 100]] as const]));
}
