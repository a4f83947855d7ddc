import * as z from "zod";
import type { Lease } from "../contracts/slice-queue.ts";
import { check, issue, wholeNumber } from "./check.ts";

const RATE = issue("a finite number above 0");

const numberThat = (holds: (value: number) => boolean, expected: string) =>
  z.custom<number>((value) => typeof value === "number" && holds(value), issue(expected));

const STOP = {
  signal: z.custom<AbortSignal>((value) => "aborted" in Object(value), issue("an AbortSignal")).optional(),
  deadline: numberThat((value) => !Number.isNaN(value), "a time in ms since the epoch").optional(),
};

const WORK = z.strictObject(
  {
    ...STOP,
    maxRuns: numberThat(
      (value) => value >= 0 && (Number.isInteger(value) || value === Number.POSITIVE_INFINITY),
      "a whole number, 0 or more",
    ).optional(),
    ids: z.array(z.string(issue("the id of a slice")), issue("a list of ids of slices")).optional(),
    leases: z.array(z.custom<Lease>(), issue("a list of leases")).optional(),
    symbolsPerRequest: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional(),
    requestsPerMinute: z.number(RATE).positive(RATE).optional(),
    wait: z.boolean(issue("true or false")).optional(),
  },
  issue("an object of options, or nothing"),
);

/** @throws {@link OptionsError} with every problem: a rate of `NaN`, say, would be no bound at all. */
export function checkWorkOptions(options: unknown): void {
  check(WORK, options);
}

const HEARS = z.custom((value) => typeof value === "function", issue("a function")).optional();
const TICK = z.strictObject({ ...STOP, onRefused: HEARS, onLeft: HEARS }, issue("an object of options, or nothing"));

/** @throws {@link OptionsError} with every problem. */
export function checkTickOptions(options: unknown): void {
  check(TICK, options);
}
