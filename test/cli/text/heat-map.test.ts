import { expect, test } from "vitest";
import { heatMapKey, heatMapLines } from "../../../src/cli/text/heat-map.ts";
import type { CoverageCell, CoverageMap, CoverageRow } from "../../../src/reporting/coverage-map.ts";

const row = (symbol: string, coveredShare: number, cells: readonly CoverageCell[]): CoverageRow => ({
  series: { provider: "test", symbol, timeframe: "1Day", feed: "sip", adjustment: "raw" },
  state: "partly",
  coveredShare,
  gaps: 1,
  cells,
});
const map: CoverageMap = {
  provider: "test",
  timeframe: "1Day",
  feed: "sip",
  adjustment: "all",
  interval: { start: Date.parse("2024-01-01"), end: Date.parse("2024-07-01") },
  columnMs: 1,
  rows: [
    row("A", 0.5, ["none", "covered", "partly", "gap", "withheld", "quarantined"]),
    row("BRK.B", 0.25, ["gap", "gap", "gap", "gap", "covered", "covered"]),
    row("C", 0.9, ["covered", "covered", "covered", "covered", "covered", "partly"]),
    row("D", 1, Array<CoverageCell>(6).fill("covered")),
  ],
};

test("every cell is told apart without colour", () => {
  expect(heatMapLines(map, { colour: false, rows: 2 })).toEqual([
    "1Day  2024-01-01 2024-07-01  sip, all",
    "A      █▒·░×    50 %",
    "BRK.B ····██    25 %",
    "… and 2 more, 1 covered",
  ]);
  expect(heatMapKey({ colour: false })).toBe("█ covered   ▒ partly   · gap   ░ withheld   × quarantined");
});

test("neighbours share their colour, and each line ends without one", () => {
  const [, , line] = heatMapLines(map, { colour: true, rows: 2 });
  expect(line).toBe("BRK.B \x1b[31m····\x1b[0m\x1b[32m██\x1b[0m    25 %");
});
