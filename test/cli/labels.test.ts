import { expect, test } from "vitest";
import { CommandError } from "../../src/cli/command-error.ts";
import { isMeantBy, labelsMeant } from "../../src/cli/labels.ts";
import { defineJobs } from "../../src/planning/jobs.ts";

test("a label means itself and what defineJobs cuts from it, and nothing that only begins like it", () => {
  const cut = defineJobs({ label: "US", symbols: ["A", "B", "C"], windowDays: { d1: 1 }, batchSize: 1 });
  expect(cut.every(({ label }) => isMeantBy("US", label))).toBe(true);
  const others = [undefined, "U", "USA", "US_", "US_BATCH", "US_BATCH_1", "US_1_1", "US_1a", "us", "us_1"];
  expect(others.filter((label) => isMeantBy("US", label))).toEqual([]);
  expect(["US", "US_1", "US_10"].filter((label) => isMeantBy("US_1", label))).toEqual(["US_1"]);
});

test("one that nobody has is refused, with some of those that there are", () => {
  expect(labelsMeant("US", ["US_2", undefined, "US_2", "EU", "US"], "here")).toEqual(["US_2", "US"]);
  const refused = (known: readonly string[]) => {
    try {
      return labelsMeant("US", known, "in the queue");
    } catch (error) {
      return error;
    }
  };
  expect(refused([])).toBeInstanceOf(CommandError);
  expect(refused([])).toMatchObject({ code: "USAGE", message: "no US in the queue" });
  const many = Array.from({ length: 12 }, (_, i) => `EU_${i}`);
  expect(refused(many)).toMatchObject({ hint: expect.stringMatching(/^There are: EU_0, .*, EU_9 and 2 more$/) });
});
