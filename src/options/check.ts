import * as z from "zod";
import { OptionsError } from "../errors.ts";
import type { OptionsIssue } from "../model/options-issue.ts";
import { kindOf, shown, shownIfWord } from "../model/shown.ts";

/** A schema's message is what was expected; what came is added when the error is made. */
export const issue = (expected: string) => ({
  error: ({ code, inst }: z.core.$ZodRawIssue): string =>
    code === "unrecognized_keys" && inst instanceof z.ZodObject
      ? `one of ${Object.keys(inst.shape).join(", ")}`
      : expected,
});

// Not z.int: after a fraction it stops all refinements around it, whatever their `when` says.
export const wholeNumber = (least: number, most: number) => {
  const expected = issue(`a whole number from ${least} to ${most}`);
  return z.number(expected).refine((value) => Number.isInteger(value) && value >= least && value <= most, expected);
};

export interface CheckOptions {
  /** `hide` where a text may be a secret in the wrong place, such as the URL of a database. Default `show`. */
  readonly texts?: "show" | "hide";
  /** Of which options words are shown all the same. */
  readonly words?: readonly string[];
}

/** What `schema` makes of `input`, or an {@link OptionsError} with every problem by path. */
export function check<S extends z.ZodType>(
  schema: S,
  input: unknown,
  { texts = "show", words = [] }: CheckOptions = {},
): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const told = ([option]: readonly PropertyKey[]) => {
    // A string in place of all options is none of them, so it may be anything.
    if (option === undefined) return hidden;
    if (texts === "show") return shown;
    return words.some((word) => word === option) ? shownIfWord : hidden;
  };
  throw new OptionsError(result.error.issues.flatMap((problem) => toIssues(problem, told(problem.path))));
}

/** For a refinement that looks at parts that may be wrong themselves, so that one problem does not hide another. */
export const evenIfWrong = {
  when: ({ value }: { readonly value: unknown }) => typeof value === "object" && value !== null,
};

function toIssues(problem: z.core.$ZodIssue, told: (value: unknown) => string): OptionsIssue[] {
  const path = pathOf(problem.path);
  if (problem.code === "unrecognized_keys") {
    return problem.keys.map((key) => ({
      path: path === "" ? key : `${path}.${key}`,
      expected: problem.message,
      received: "an unknown option",
    }));
  }
  return [{ path: path === "" ? "(options)" : path, expected: problem.message, received: told(problem.input) }];
}

function hidden(value: unknown): string {
  return typeof value === "string" ? kindOf(value) : shown(value);
}

function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((part, i) => (typeof part === "number" ? `[${part}]` : i === 0 ? String(part) : `.${String(part)}`))
    .join("");
}
