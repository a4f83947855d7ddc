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

test("series that lack more or less than others stand alone", () => {
  const blocks = blocksOf([gap("SPY", [january, march]), gap("IBM", [january])]);
  expect(blocks.map(({ symbols }) => symbols)).toEqual([["SPY"], ["SPY"], ["IBM"]]);
});

test("a gap that is there twice counts once", () => {
  expect(blocksOf([gap("SPY", [january]), gap("SPY", [january])])).toMatchObject([{ symbols: ["SPY"] }]);
});

test("timeframes come in the order of the gaps", () => {
  const timeframes = (["1Day", "1Min", "1Hour"] as const).map((timeframe) => gap("SPY", [january], { timeframe }));
  expect(blocksOf(timeframes).map(({ timeframe }) => timeframe)).toEqual(["1Day", "1Min", "1Hour"]);
});
