import { expect, test } from "vitest";
import { table } from "../../../src/cli/text/table.ts";
import { bytes, duration, instant, percent, plural } from "../../../src/cli/text/words.ts";

test.each([
  [0, "0.0 s"],
  [6, "under 0.1 s"],
  [1234, "1.2 s"],
  [12_345, "12 s"],
  [60_000, "1 min"],
  [185_000, "3 min 5 s"],
  [3_569_000, "59 min 29 s"],
  [59_600, "1 min"],
  [3_599_600, "1 h"],
  [86_399_000, "1 d"],
  [7_500_000, "2 h 5 min"],
  [273_600_000, "3 d 4 h"],
])("%i ms is %s", (ms, text) => expect(duration(ms)).toBe(text));

test.each([
  [999, "999 B"],
  [999_400, "999 kB"],
  [999_600, "1.0 MB"],
  [1_234_000_000, "1.2 GB"],
])("%i bytes is %s", (value, text) => expect(bytes(value)).toBe(text));

test.each([
  [0, "0 %"],
  [0.000_01, "0.1 %"],
  [0.5, "50 %"],
  [0.999_99, "99.9 %"],
  [1, "100 %"],
])("a share of %d is %s: what is not all is never called all", (share, text) => expect(percent(share)).toBe(text));

test.each([
  ["2024-01-02T00:00:00.000Z", "2024-01-02"],
  ["2024-01-02T14:30:00.000Z", "2024-01-02T14:30Z"],
  ["2024-01-02T14:30:05.000Z", "2024-01-02T14:30:05Z"],
  ["2024-01-02T14:30:05.007Z", "2024-01-02T14:30:05.007Z"],
])("%s is %s", (at, text) => expect(instant(Date.parse(at))).toBe(text));

test("one is one", () => {
  expect([plural(1, "run"), plural(1.2, "run"), plural(2000, "run"), plural(2, "series", "series")]).toEqual([
    "1 run",
    "1 run",
    "2,000 runs",
    "2 series",
  ]);
});

test("words stand to the left, numbers to the right, and nothing follows the last cell", () => {
  expect(
    table(
      ["name", "n"],
      [
        ["A", "1"],
        ["LONGER", "1,000"],
      ],
    ),
  ).toEqual(["name        n", "------  -----", "A           1", "LONGER  1,000"]);
});
