import { expect, test } from "vitest";
import { type Bar, sameBar } from "../../src/model/bar.ts";

const bar: Bar = { openTime: 0, open: 2, high: 4, low: 1, close: 3, volume: 100, tradeCount: 7, vwap: 2.5 };

test("a bar equals its copy", () => {
  expect(sameBar(bar, { ...bar })).toBe(true);
});

test.each(Object.keys(bar) as (keyof Bar)[])("another %s is another bar", (field) => {
  expect(sameBar(bar, { ...bar, [field]: 99 })).toBe(false);
  expect(sameBar(bar, { ...bar, [field]: Number.NaN })).toBe(false);
});

test("what the source does not say is not zero", () => {
  const { tradeCount, vwap, ...bare } = bar;
  expect(sameBar(bare, { ...bare })).toBe(true);
  expect(sameBar(bare, { ...bare, tradeCount: 0 })).toBe(false);
  expect(sameBar(bare, { ...bare, vwap: 0 })).toBe(false);
});
