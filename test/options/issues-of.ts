import { isBarfillError } from "../../src/errors.ts";
import type { OptionsIssue } from "../../src/model/options-issue.ts";

/** The issues of the one OptionsError that `act` throws; fails on any other outcome. */
export function issuesOf(act: () => unknown): readonly OptionsIssue[] {
  let result: unknown;
  try {
    result = act();
  } catch (error) {
    if (isBarfillError(error, "OPTIONS_INVALID")) return error.issues;
    throw error;
  }
  throw new Error(`accepted: ${JSON.stringify(result)}`);
}

/** Where the problems are, in the order in which they are listed. */
export function pathsOf(act: () => unknown): string[] {
  return issuesOf(act).map(({ path }) => path);
}
