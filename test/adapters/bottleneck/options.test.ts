import { describe, expect, test } from "vitest";
import { type BottleneckLimiterOptions, bottleneckLimiter } from "../../../src/adapters/bottleneck/index.ts";
import { isBarfillError } from "../../../src/errors.ts";
import type { OptionsIssue } from "../../../src/model/options-issue.ts";

function issuesOf(options: BottleneckLimiterOptions): readonly OptionsIssue[] {
  try {
    bottleneckLimiter(options);
  } catch (error) {
    if (isBarfillError(error, "OPTIONS_INVALID")) return error.issues;
    throw error;
  }
  return [];
}

describe("options", () => {
  test.each([0, -1, 0.0001, Number.NaN, Number.POSITIVE_INFINITY])("requestsPerMinute %d is refused", (value) => {
    expect(issuesOf({ requestsPerMinute: value })).toEqual([
      { path: "requestsPerMinute", expected: 'a finite number of 0.001 or more, or "learn"', received: String(value) },
    ]);
  });

  test("every problem is listed by its path", () => {
    const issues = issuesOf({ requestsPerMinute: "200" as unknown as number, burst: 0.5, maxConcurrent: 0 });
    expect(issues.map(({ path, received }) => [path, received])).toEqual([
      ["requestsPerMinute", '"200"'],
      ["burst", "0.5"],
      ["maxConcurrent", "0"],
    ]);
  });

  test.each([0.001, 0.5, 200, 10_000, 1e6])("requestsPerMinute %d is fine", (requestsPerMinute) => {
    expect(issuesOf({ requestsPerMinute, burst: 1, maxConcurrent: 1 })).toEqual([]);
  });
});
