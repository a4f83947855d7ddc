import * as z from "zod";
import { isBarfillError } from "../errors.ts";
import { defined } from "../model/defined.ts";
import type { EpochMs } from "../model/interval.ts";
import type { JobDefinition, RefusedJob } from "../model/job.ts";
import type { Label, MarketSymbol } from "../model/names.ts";
import { longestMs, parseTimeframe, TIMEFRAMES, type Timeframe, type TimeframeInput } from "../model/timeframe.ts";
import { DAY_MS, HOUR_MS } from "../model/units.ts";
import { check, evenIfWrong, issue, wholeNumber } from "../options/check.ts";
import { type BackfillRequest, type ReaskOptions, type ResolvedRequest, resolveRequest } from "../options/request.ts";
import { LABEL, REASK, SYMBOLS, type SymbolSpelling, TIMEFRAME_EXPECTED } from "../options/words.ts";

/** What {@link defineJobs} cuts into jobs. */
export interface DefineJobsOptions {
  /** The labels are this with `_1`, `_2`, … behind it; 1 to 90 characters. */
  readonly label: Label;
  /** One or more tickers, none twice; batches keep their order. */
  readonly symbols: readonly MarketSymbol[];
  /**
   * Days of history for one or more timeframes, counted back from the last bar that is final, none in both spellings,
   * as in `{ m15: 90, d1: 730 }`.
   */
  readonly windowDays: Readonly<Partial<Record<TimeframeInput, number>>>;
  /** The most symbols a job; 1 to 10,000, default 50. */
  readonly batchSize?: number;
  /** Default 0. */
  readonly priority?: number;
  /** What is asked for again though it is covered, because bars are revised late. Default: nothing. */
  readonly reask?: ReaskOptions;
}

const WINDOW = issue("days from 1 to 365000");
const OPTIONS = z
  .strictObject(
    {
      // A number must fit behind it: a label has 100 characters at most.
      label: LABEL.max(90, issue("a label of 1 to 90 characters, to which numbers are added")),
      symbols: SYMBOLS,
      windowDays: z
        .record(z.string(), wholeNumber(1, 36_500), issue("days by timeframe, as in { m15: 90 }"))
        .superRefine(eachTimeframeOnce, evenIfWrong),
      batchSize: wholeNumber(1, 10_000).optional(),
      priority: wholeNumber(-1_000_000, 1_000_000).optional(),
      reask: REASK.optional(),
    },
    issue("an object, with label, symbols and windowDays"),
  )
  .superRefine(noLabelAmongSymbols, evenIfWrong);

function noLabelAmongSymbols(
  { label, symbols }: { readonly label?: unknown; readonly symbols?: unknown },
  context: z.RefinementCtx,
): void {
  if (typeof label !== "string" || !Array.isArray(symbols)) return;
  symbols.forEach((symbol, index) => {
    const isLabel = symbol === label || (String(symbol).startsWith(`${label}_`) && /_\d+$/.test(String(symbol)));
    if (!isLabel) return;
    context.addIssue({ code: "custom", path: ["symbols", index], message: "a symbol, not a label", input: symbol });
  });
}

function eachTimeframeOnce(windowDays: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void {
  if (Array.isArray(windowDays)) return;
  const spellings = Object.keys(windowDays);
  const refuse = (spelling: string, message: string) =>
    context.addIssue({ code: "custom", path: [spelling], message, input: spelling });
  if (spellings.length === 0)
    context.addIssue({ code: "custom", message: "at least one timeframe, as in { m15: 90 }" });
  const seen = new Set<Timeframe>();
  for (const spelling of spellings) {
    const timeframe = parseTimeframe(spelling);
    if (timeframe === undefined) refuse(spelling, TIMEFRAME_EXPECTED);
    else if (seen.has(timeframe)) refuse(spelling, "each timeframe only once, in one spelling");
    else seen.add(timeframe);
  }
}

/**
 * Cuts symbols into batches and makes one job a batch and timeframe: 61 symbols and four timeframes make eight jobs,
 * `US_BATCH_1` of 50 symbols and `US_BATCH_2` of 11. By batch, then from the shortest timeframe to the longest.
 *
 * @throws {@link OptionsError} with every problem.
 */
export function defineJobs(options: DefineJobsOptions): JobDefinition[] {
  const { label, symbols, windowDays, batchSize = 50, priority = 0, reask } = check(OPTIONS, options);
  const daysByTimeframe = new Map(Object.entries(windowDays).map(([key, days]) => [parseTimeframe(key), days]));
  const jobs: JobDefinition[] = [];
  for (let from = 0; from < symbols.length; from += batchSize) {
    const batch = symbols.slice(from, from + batchSize);
    for (const timeframe of TIMEFRAMES) {
      const days = daysByTimeframe.get(timeframe);
      if (days === undefined) continue;
      const name = `${label}_${from / batchSize + 1}`;
      const job = { label: name, symbols: batch, timeframe, windowDays: days, priority, enabled: true };
      jobs.push(reask === undefined ? job : { ...job, reask: defined(reask) });
    }
  }
  return jobs;
}

const JOB = z.object(
  {
    label: LABEL,
    symbols: SYMBOLS,
    timeframe: z.enum(TIMEFRAMES, issue(`one of ${TIMEFRAMES.join(" ")}, spelled so`)),
    // A thousand years: more than any history, and dates all the same.
    windowDays: z.number(WINDOW).min(1, WINDOW).max(365_000, WINDOW),
    reask: REASK.optional(),
  },
  issue("a job, with label, symbols, timeframe and windowDays"),
);

/**
 * What `job` asks for at `now`, checked: it may have been written by hand, as a row or as JSON.
 *
 * @throws {@link OptionsError} with every problem.
 */
export function resolveJob(job: JobDefinition, now: EpochMs, source: SymbolSpelling): ResolvedRequest {
  check(JOB, job);
  const request = jobRequest(job, now);
  // A number near the epoch would be taken for seconds: half a century is a window, too.
  return resolveRequest({ ...request, start: new Date(request.start as EpochMs) }, source);
}

/** Why `job` cannot be planned for `source`; `undefined` when it can. */
export function refusalOf(job: JobDefinition, source: SymbolSpelling): RefusedJob | undefined {
  try {
    resolveJob(job, 0, source);
    return undefined;
  } catch (error) {
    return refused(job, error);
  }
}

/** `job` with the problems that `error` lists. @throws `error` where it is another one */
export function refused(job: JobDefinition, error: unknown): RefusedJob {
  if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
  const { label, timeframe } = Object(job) as Partial<JobDefinition>;
  return { label: String(label), timeframe: String(timeframe), issues: error.issues };
}

/** How long after its end a bar is final at most, and asked for: a grid that is uncertain costs an hour. */
const FINAL_AFTER_MS = 2 * HOUR_MS;

/**
 * What `job` asks for at `now`: from a midnight UTC to the last bar that is final, its window of days counted back from
 * where that bar opened, at the latest. So whoever ticks once in a window leaves out no bar: counted from `now`, one of
 * a day held no daily bar at four in the morning, ever. The start moves once a day, so that the same day gives the same
 * slices.
 */
export function jobRequest(job: JobDefinition, now: EpochMs): BackfillRequest {
  const { label, symbols, timeframe, windowDays, priority, reask } = job;
  const final = now - FINAL_AFTER_MS - longestMs(timeframe);
  const start = Math.floor(final / DAY_MS - windowDays) * DAY_MS;
  const request = { label, symbols, timeframes: [timeframe], start, priority };
  return reask === undefined ? request : { ...request, reask };
}
