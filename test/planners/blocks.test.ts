import { expect, test } from "vitest";
import { blocksOf } from "../../src/planners/blocks.ts";
import { gap, span } from "./fixtures.ts";

const january = span("2024-01-01", "2024-02-01");
const march = span("2024-03-01", "2024-04-01");

test("series that lack the same share a block an interval", () => {
  const blocks = blocksOf([gap("SPY", [january, march]), gap("IBM", [january, march])]);
  expect(blocks.map(({ symbols, interval }) => ({ symbols, interval }))).toEqual([
    { symbols: ["IBM", "SPY"], interval: january },
    { symbols: ["IBM", "SPY"], interval: march },
  ]);
});

test("what a series lacks alone does not part it from the others where they lack the same", () => {
  const holes = [0, 1, 2].map((i) => span(`2024-01-0${1 + i}`, `2024-01-0${2 + i}`));
  const blocks = blocksOf(holes.map((hole, i) => gap(`S${i}`, [hole, march])));
  expect(blocks.map(({ symbols, interval }) => ({ symbols, interval }))).toEqual([
    { symbols: ["S0"], interval: holes[0] },
    { symbols: ["S0", "S1", "S2"], interval: march },
    { symbols: ["S1"], interval: holes[1] },
    { symbols: ["S2"], interval: holes[2] },
  ]);
});

test("series whose gaps only overlap stand alone", () => {
  const blocks = blocksOf([gap("SPY", [january]), gap("IBM", [span("2024-01-01", "2024-02-02")])]);
  expect(blocks.map(({ symbols }) => symbols)).toEqual([["SPY"], ["IBM"]]);
});

test("a gap that is there twice counts once", () => {
  expect(blocksOf([gap("SPY", [january]), gap("SPY", [january])])).toMatchObject([{ symbols: ["SPY"] }]);
});

test("timeframes come in the order of the gaps", () => {
  const timeframes = (["1Day", "1Min", "1Hour"] as const).map((timeframe) => gap("SPY", [january], { timeframe }));
  expect(blocksOf(timeframes).map(({ timeframe }) => timeframe)).toEqual(["1Day", "1Min", "1Hour"]);
});
