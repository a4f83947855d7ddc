import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packSymbols } from "../../src/model/symbols.ts";

describe("packSymbols", () => {
  const symbols = fc.uniqueArray(
    fc.string({ unit: fc.constantFrom("A", "B", "C", ".", "/"), minLength: 1, maxLength: 6 }),
    { maxLength: 30 },
  );

  test("keeps every symbol and the order, and never exceeds a bound", () => {
    fc.assert(
      fc.property(symbols, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 60 }), (list, most, bytes) => {
        const groups = packSymbols(list, most, bytes);
        expect(groups.flat()).toEqual(list);
        for (const group of groups) {
          expect(group.length).toBeGreaterThan(0);
          expect(group.length).toBeLessThanOrEqual(most);
          if (group.length > 1) expect(encodeURIComponent(group.join(",")).length).toBeLessThanOrEqual(bytes);
        }
      }),
    );
  });

  test("fills a group before it opens the next", () => {
    expect(packSymbols(["AA", "BB", "CC"], 10, 7)).toEqual([["AA", "BB"], ["CC"]]);
    expect(packSymbols(["AA", "BB", "CC"], 2, 1_000)).toEqual([["AA", "BB"], ["CC"]]);
    // A slash takes three bytes in a URL.
    expect(packSymbols(["A/B", "C"], 10, 8)).toEqual([["A/B"], ["C"]]);
    expect(packSymbols([], 10, 10)).toEqual([]);
  });
});
