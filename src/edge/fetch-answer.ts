import * as z from "zod";
import { toRunError } from "../executor/retry.ts";
import { barsOf } from "../executor/tally.ts";
import type { WorkedRun, WorkSummary } from "../executor/worker.ts";
import type { RunError } from "../model/error-code.ts";
import type { Report } from "../model/report.ts";
import { sum } from "../model/sum.ts";

/**
 * The body of an answer of {@link fetchBars} and {@link fetchBarsBatch}, as JSON; the first five fields as the function
 * of old.
 */
export interface FetchAnswer {
  /** Symbols that were asked for, those that the source refuses included. */
  readonly total_symbols: number;
  /** Bars committed by this request, new or not. */
  readonly total_bars: number;
  /** Symbols that are answered to the last page, from `from` to `to`, by whichever request. */
  readonly symbols_processed: number;
  /** From the request to this answer, in ms. */
  readonly duration_ms: number;
  /** Requests sent to the source. */
  readonly api_calls: number;
  /**
   * Nothing of what was asked for is missing: of bars adjusted as those of its runs, `raw` ones where it names none.
   */
  readonly complete: boolean;
  /** How the runs that were worked ended here. `handed_back`: queued again with their coverage kept. */
  readonly runs: {
    readonly success: number;
    readonly failed: number;
    readonly handed_back: number;
    readonly lost: number;
  };
  /** Runs by the id they were asked for with, that are over, unknown, not due or held by another. */
  readonly not_claimed: readonly (string | number)[];
  /** Symbols that the source refuses, which are left out. */
  readonly quarantined: readonly string[];
  /** Runs that failed in this request, by slice id; tried again when they are put back. */
  readonly failed: readonly (RunError & { readonly run: string })[];
  /** What stopped everything, such as credentials that are not accepted. */
  readonly halted?: RunError | undefined;
}

const ERROR = z.object({ code: z.string(), message: z.string() });

/** For whoever gets such an answer from another process. */
export const FETCH_ANSWER: z.ZodType<FetchAnswer> = z.object({
  total_symbols: z.number(),
  total_bars: z.number(),
  symbols_processed: z.number(),
  duration_ms: z.number(),
  api_calls: z.number(),
  complete: z.boolean(),
  runs: z.object({ success: z.number(), failed: z.number(), handed_back: z.number(), lost: z.number() }),
  not_claimed: z.array(z.union([z.string(), z.number()])),
  quarantined: z.array(z.string()),
  failed: z.array(ERROR.extend({ run: z.string() })),
  halted: ERROR.optional(),
});

export interface FetchOutcome {
  readonly symbols: readonly string[];
  readonly work: WorkSummary;
  /** Of what was asked for, made after the work. */
  readonly report: Report;
  readonly notClaimed: readonly (string | number)[];
  readonly elapsedMs: number;
}

export function fetchAnswer({ symbols, work, report, notClaimed, elapsedMs }: FetchOutcome): FetchAnswer {
  const { runs, halted } = work;
  const unanswered = new Set(
    report.series.flatMap(({ series, state }) => (state === "covered" || state === "withheld" ? [] : series.symbol)),
  );
  return {
    total_symbols: symbols.length,
    total_bars: sum(runs, ({ tally }) => barsOf(tally)),
    symbols_processed: symbols.length - unanswered.size,
    duration_ms: elapsedMs,
    api_calls: sum(runs, ({ tally }) => tally.requests),
    complete: report.complete,
    runs: {
      success: count(runs, "success"),
      failed: count(runs, "failed"),
      handed_back: count(runs, "returned", "retried"),
      lost: count(runs, "lost"),
    },
    not_claimed: [...notClaimed],
    quarantined: report.quarantined.map(({ symbol }) => symbol),
    failed: runs.flatMap(({ slice, ending, error }) =>
      ending === "failed" ? [{ run: slice.id, ...toRunError(error) }] : [],
    ),
    ...(halted === undefined ? {} : { halted: toRunError(halted) }),
  };
}

function count(runs: readonly WorkedRun[], ...endings: WorkedRun["ending"][]): number {
  return runs.filter(({ ending }) => endings.includes(ending)).length;
}
