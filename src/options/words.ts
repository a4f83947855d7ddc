import * as z from "zod";
import type { BarSource } from "../contracts/bar-source.ts";
import type { EpochMs } from "../model/interval.ts";
import { ADJUSTMENTS, type Adjustment } from "../model/series.ts";
import { parseTimeframe, TIMEFRAME_ALIASES, TIMEFRAMES } from "../model/timeframe.ts";
import { evenIfWrong, issue, wholeNumber } from "./check.ts";

/**
 * An instant: `YYYY-MM-DD` (midnight UTC), RFC 3339 with `Z` or an offset, a `Date`, or ms since the epoch. A number
 * nearer to the epoch than 1e11 ms (March 1973) is refused, save 0: it is seconds by mistake. Pass such an instant as a
 * date.
 */
export type InstantInput = string | number | Date;

/** Which symbols a source may have. */
export type SymbolSpelling = Pick<BarSource, "symbolExpected">;

/** `Parts` joined by commas: one or more of them, none twice, in any order. */
type Joined<Parts extends string, First extends string = Parts> = First extends string
  ? First | `${First},${Joined<Exclude<Parts, First>>}`
  : never;

/** `raw`, `all`, or `split`, `dividend` and `spin-off` joined by commas in any order, as in `dividend,split`. */
export type AdjustmentInput = "raw" | "all" | Joined<"split" | "dividend" | "spin-off">;

// A symbol is data, and how its market spells it the source knows (`symbolExpected`). Lists of symbols are written with
// commas or white space between them. Half a character no database takes, in a label neither.
const SYMBOL_EXPECTED = "a symbol of 1 to 100 characters without white space, control characters or commas";
export const SYMBOL = z.string(issue(SYMBOL_EXPECTED)).regex(/^[^\s,\p{Cc}\p{Cs}]{1,100}$/u, issue(SYMBOL_EXPECTED));
export const LABEL_EXPECTED = "a label of 1 to 100 characters without control characters or `|`";
export const LABEL = z.string(issue(LABEL_EXPECTED)).regex(/^[^\p{Cc}\p{Cs}|]{1,100}$/u, issue(LABEL_EXPECTED));

export const TIMEFRAME_EXPECTED = `one of ${TIMEFRAMES.join(" ")} (or ${Object.keys(TIMEFRAME_ALIASES).join(" ")})`;
export const TIMEFRAME = z.string(issue(TIMEFRAME_EXPECTED)).transform((input, context) => {
  const timeframe = parseTimeframe(input);
  if (timeframe !== undefined) return timeframe;
  context.addIssue({ code: "custom", message: TIMEFRAME_EXPECTED, input });
  return z.NEVER;
});

const INSTANT_EXPECTED = "YYYY-MM-DD, RFC 3339 with Z or an offset, a Date, or ms since the epoch";
const SECONDS_EXPECTED = "ms since the epoch (this looks like seconds; write a date for what lies before March 1973)";
export const INSTANT = z.unknown().transform((input, context) => {
  const instant = looksLikeSeconds(input) ? undefined : parseInstant(input);
  if (instant !== undefined) return instant;
  const message = looksLikeSeconds(input) ? SECONDS_EXPECTED : INSTANT_EXPECTED;
  context.addIssue({ code: "custom", message, input });
  return z.NEVER;
});

export const REASK = z.strictObject(
  { days: wholeNumber(1, 36_500), everyHours: wholeNumber(1, 8760).optional() },
  issue("an object, as in { days: 2 }"),
);

const ADJUSTMENT_EXPECTED = "raw, all, or split, dividend, spin-off joined by commas";
export const ADJUSTMENT = z.string(issue(ADJUSTMENT_EXPECTED)).transform((input, context) => {
  const adjustment = parseAdjustment(input);
  if (adjustment !== undefined) return adjustment;
  context.addIssue({ code: "custom", message: ADJUSTMENT_EXPECTED, input });
  return z.NEVER;
});

/**
 * Each of `symbols`, and `symbol`, that the source can have none of, as a problem; those that are no symbols at all
 * were refused already.
 */
export function spelledFor(source: SymbolSpelling) {
  return (named: { readonly symbols?: unknown; readonly symbol?: unknown }, context: z.RefinementCtx): void => {
    look(named.symbol, ["symbol"]);
    if (Array.isArray(named.symbols)) named.symbols.forEach((symbol, index) => void look(symbol, ["symbols", index]));

    function look(input: unknown, path: (string | number)[]): void {
      const symbol = SYMBOL.safeParse(input).data;
      const message = symbol === undefined ? undefined : source.symbolExpected?.(symbol);
      if (message !== undefined) context.addIssue({ code: "custom", path, message, input });
    }
  };
}

export const SYMBOLS = listOf(SYMBOL, "symbol");
export const TIMEFRAMES_ONCE = listOf(TIMEFRAME, "timeframe");

/** One or more, none twice. */
function listOf<S extends z.ZodType<string>>(item: S, what: string) {
  return z
    .array(item, issue(`a list of ${what}s`))
    .min(1, issue(`at least one ${what}`))
    .superRefine(noRepeats, evenIfWrong);
}

function noRepeats(values: readonly unknown[], context: z.RefinementCtx): void {
  if (!Array.isArray(values)) return;
  const seen = new Set<unknown>();
  values.forEach((value, index) => {
    // What is no text was refused already.
    if (typeof value !== "string") return;
    if (seen.has(value)) context.addIssue({ code: "custom", path: [index], message: "each only once", input: value });
    seen.add(value);
  });
}

const RFC3339 = /^\d{4}-\d{2}-\d{2}(?:[Tt]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2}))?$/;

// What the four digits of a date can say; further away days cannot be told apart by name.
const YEAR_1 = Date.parse("0001-01-01");
const YEAR_10000 = Date.UTC(10_000, 0);

/** As seconds that is the year 5138, as ms March 1973: what lies below is hardly meant as ms. */
const LEAST_MS = 1e11;

function looksLikeSeconds(input: unknown): boolean {
  return typeof input === "number" && input !== 0 && Math.abs(input) < LEAST_MS;
}

function parseInstant(input: unknown): EpochMs | undefined {
  if (typeof input === "string" && !RFC3339.test(input)) return undefined;
  const instant = input instanceof Date ? input.getTime() : typeof input === "string" ? Date.parse(input) : input;
  if (typeof instant !== "number" || !(instant >= YEAR_1 && instant < YEAR_10000)) return undefined;
  // 2023-02-30 parses, as another day.
  if (typeof input === "string" && !isCalendarDate(input.slice(0, "YYYY-MM-DD".length))) return undefined;
  return Math.floor(instant);
}

function isCalendarDate(date: string): boolean {
  const midnight = Date.parse(date);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}

function parseAdjustment(input: string): Adjustment | undefined {
  const parts = input.split(",").map((part) => part.trim());
  if (parts.length === 1) return ADJUSTMENTS.find((adjustment) => adjustment === parts[0]);
  const order = ["split", "dividend", "spin-off"];
  if (new Set(parts).size !== parts.length || parts.some((part) => !order.includes(part))) return undefined;
  if (parts.length === order.length) return "all";
  const sorted = order.filter((part) => parts.includes(part)).join(",");
  return ADJUSTMENTS.find((adjustment) => adjustment === sorted);
}
