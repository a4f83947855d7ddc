import * as z from "zod";
import { isBarfillError, OptionsError } from "../errors.ts";
import { defined } from "../model/defined.ts";
import type { EpochMs } from "../model/interval.ts";
import type { Label, MarketSymbol } from "../model/names.ts";
import type { OptionsIssue } from "../model/options-issue.ts";
import type { Adjustment } from "../model/series.ts";
import { shown } from "../model/shown.ts";
import type { Timeframe, TimeframeInput } from "../model/timeframe.ts";
import { DAY_MS } from "../model/units.ts";
import { check, evenIfWrong, issue, wholeNumber } from "./check.ts";
import {
  ADJUSTMENT,
  type AdjustmentInput,
  INSTANT,
  type InstantInput,
  LABEL,
  REASK,
  SYMBOLS,
  type SymbolSpelling,
  spelledFor,
  TIMEFRAMES_ONCE,
} from "./words.ts";

/** What is wanted: every symbol in every timeframe from `start` to `end`. */
export interface BackfillRequest {
  /**
   * One or more as the source spells them, none twice: `SPY`, `BRK.B`, `BTC/USD`. 1 to 100 characters without white
   * space, control characters or commas; never a label.
   */
  readonly symbols: readonly MarketSymbol[];
  /** One or more, none twice. */
  readonly timeframes: readonly TimeframeInput[];
  /** Inclusive: the first instant at which a wanted bar may open. More than a day ahead only with an `end`. */
  readonly start: InstantInput;
  /** Exclusive. Default: up to the last bar that is final when the plan is made, so that nothing is withheld. */
  readonly end?: InstantInput;
  /** What past prices are adjusted for; parts joined by commas in any order. Default `raw`. */
  readonly adjustment?: AdjustmentInput;
  /** The job that the work serves, for reports and filters: `US_BATCH_1`. Never a symbol. */
  readonly label?: Label;
  /** Higher is worked on first. Default 0. */
  readonly priority?: number;
  /** What is asked for again though it is covered, because bars are revised late. Default: nothing. */
  readonly reask?: ReaskOptions;
}

/** A trailing window that is asked for again, once a period. */
export interface ReaskOptions {
  /**
   * How far it reaches back, in days of 24 hours, from the end of the last whole period; 1 to 36,500. It holds two bars
   * and the last trading day at least.
   */
  readonly days: number;
  /** How long a period is, in hours, counted from midnight UTC; 1 to 8,760, default 24. */
  readonly everyHours?: number;
}

/** A request after it was checked; frozen. */
export interface ResolvedRequest {
  readonly symbols: readonly MarketSymbol[];
  readonly timeframes: readonly Timeframe[];
  readonly start: EpochMs;
  /** Absent: up to what is final. */
  readonly end?: EpochMs;
  readonly adjustment: Adjustment;
  readonly label?: Label;
  readonly priority: number;
  readonly reask?: Required<ReaskOptions>;
}

const REQUEST = z
  .strictObject(
    {
      symbols: SYMBOLS,
      timeframes: TIMEFRAMES_ONCE,
      start: INSTANT,
      end: INSTANT.optional(),
      adjustment: ADJUSTMENT.optional(),
      label: LABEL.optional(),
      priority: wholeNumber(-1_000_000, 1_000_000).optional(),
      reask: REASK.optional(),
    },
    issue("a request, with symbols, timeframes and start"),
  )
  .superRefine(({ symbols, start, end, label }, context) => {
    if (typeof start === "number" && typeof end === "number" && end <= start) {
      context.addIssue({
        code: "custom",
        path: ["end"],
        message: `an instant after start, ${new Date(start).toISOString()}`,
        input: new Date(end).toISOString(),
      });
    }
    const asSymbol = typeof label === "string" && Array.isArray(symbols) ? symbols.indexOf(label) : -1;
    if (asSymbol >= 0) {
      context.addIssue({
        code: "custom",
        path: ["symbols", asSymbol],
        message: "a symbol, not the label",
        input: label,
      });
    }
  }, evenIfWrong);

/** One request, or several that are planned, worked and reported as one. */
export type Requests = BackfillRequest | readonly BackfillRequest[];

/**
 * Every request with its defaults, or @throws {@link OptionsError} with every problem of all of them; one that begins
 * more than a day after `now` and has no end is one: it wants nothing, and would be called complete. Less than a day
 * may be a clock that is slow, or a wish that begins tonight.
 */
export function resolveRequests(requests: Requests, now: EpochMs, source: SymbolSpelling): readonly ResolvedRequest[] {
  if (!Array.isArray(requests)) return [begun(resolveRequest(requests as BackfillRequest, source), now)];
  const issues: OptionsIssue[] = [];
  const resolved = requests.flatMap((request: BackfillRequest, i) => {
    try {
      return [begun(resolveRequest(request, source), now)];
    } catch (error) {
      if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
      issues.push(...error.issues.map((one) => ({ ...one, path: `[${i}].${one.path}` })));
      return [];
    }
  });
  if (issues.length > 0) throw new OptionsError(issues);
  return resolved;
}

function begun(request: ResolvedRequest, now: EpochMs): ResolvedRequest {
  if (request.end !== undefined || request.start <= now + DAY_MS) return request;
  const expected = `an instant before now, ${new Date(now).toISOString()}, or an end too`;
  throw new OptionsError([{ path: "start", expected, received: shown(new Date(request.start).toISOString()) }]);
}

/** The request with its defaults, or @throws {@link OptionsError} with every problem. */
export function resolveRequest(request: BackfillRequest, source: SymbolSpelling = {}): ResolvedRequest {
  const schema = REQUEST.superRefine(spelledFor(source), evenIfWrong);
  const { end, label, reask, ...checked } = check(schema, request);
  return Object.freeze({
    ...checked,
    symbols: Object.freeze([...checked.symbols].sort()),
    timeframes: Object.freeze(checked.timeframes),
    ...defined({ end, label, reask: reask && { days: reask.days, everyHours: reask.everyHours ?? 24 } }),
    adjustment: checked.adjustment ?? "raw",
    priority: checked.priority ?? 0,
  });
}
