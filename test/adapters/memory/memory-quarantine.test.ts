import { expect, test } from "vitest";
import { memoryQuarantine } from "../../../src/adapters/memory/index.ts";

const entry = (symbol: string, provider = "alpaca", since = 1) => ({ provider, symbol, reason: `no ${symbol}`, since });

test("lists the entries of one provider by symbol", async () => {
  const quarantine = memoryQuarantine();
  for (const symbol of ["VIX", "abc", "ABC"]) await quarantine.add(entry(symbol));
  await quarantine.add(entry("AAA", "other"));
  expect(await quarantine.list("alpaca")).toEqual([entry("ABC"), entry("VIX"), entry("abc")]);
  expect(await quarantine.list("nobody")).toEqual([]);
});

test("a symbol that is added again keeps its first reason and time", async () => {
  const quarantine = memoryQuarantine();
  await quarantine.add(entry("VIX"));
  await quarantine.add({ ...entry("VIX"), reason: "again", since: 2 });
  expect(await quarantine.list("alpaca")).toEqual([entry("VIX")]);
});

test("an entry that is over gives way to a new one, and is listed until then", async () => {
  const quarantine = memoryQuarantine();
  await quarantine.add({ ...entry("VIX"), until: 10 });
  await quarantine.add({ ...entry("VIX", "alpaca", 9), until: 20 });
  expect(await quarantine.list("alpaca")).toEqual([{ ...entry("VIX"), until: 10 }]);
  await quarantine.add({ ...entry("VIX", "alpaca", 10), until: 20 });
  expect(await quarantine.list("alpaca")).toEqual([{ ...entry("VIX", "alpaca", 10), until: 20 }]);
});

test("lift lets go of the named symbols of one provider and says how many were in", async () => {
  const quarantine = memoryQuarantine();
  for (const symbol of ["A", "B", "C"]) await quarantine.add(entry(symbol));
  await quarantine.add(entry("A", "other"));
  expect(await quarantine.lift("alpaca", ["A", "A", "C", "X"])).toBe(2);
  expect(await quarantine.lift("nobody", ["A"])).toBe(0);
  expect(await quarantine.list("alpaca")).toEqual([entry("B")]);
  expect(await quarantine.list("other")).toEqual([entry("A", "other")]);
});
