import * as z from "zod";
import type { QuarantinedSymbol } from "../contracts/quarantine.ts";
import { toRunError } from "../executor/retry.ts";
import { barsOf } from "../executor/tally.ts";
import type { WorkedRun, WorkSummary } from "../executor/worker.ts";
import type { Report } from "../model/report.ts";

const ERROR = z.object({ code: z.string(), message: z.string() });

/** What `fetchBarsBatch` and `fetchBars` answer; the first five fields as the function of old. */
export const FETCH_ANSWER = z.object({
  total_symbols: z.number(),
  /** Bars committed by this request, new or not. */
  total_bars: z.number(),
  /** Symbols that are answered to the last page, from `from` to `to`, by whichever request. */
  symbols_processed: z.number(),
  duration_ms: z.number(),
  /** Requests sent to the source. */
  api_calls: z.number(),
  /** Nothing of what was asked for is missing. */
  complete: z.boolean(),
  /** How the runs that were worked ended here. `handed_back`: queued again with their coverage kept. */
  runs: z.object({ success: z.number(), failed: z.number(), handed_back: z.number(), lost: z.number() }),
  /** Runs by the id they were asked for with, that are over, unknown, not due or held by another. */
  not_claimed: z.array(z.union([z.string(), z.number()])),
  /** Symbols that the source refuses, which are left out. */
  quarantined: z.array(z.string()),
  failed: z.array(ERROR.extend({ run: z.string() })),
  /** What stopped everything, such as credentials that are not accepted. */
  halted: ERROR.optional(),
});

export type FetchAnswer = z.output<typeof FETCH_ANSWER>;

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
  const answered = report.series.filter(({ state }) => state === "covered" || state === "withheld");
  return {
    total_symbols: symbols.length,
    total_bars: sum(runs, ({ tally }) => barsOf(tally)),
    symbols_processed: answered.length,
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
    quarantined: report.quarantined.map(({ symbol }: Pick<QuarantinedSymbol, "symbol">) => symbol),
    failed: runs.flatMap(({ slice, ending, error }) =>
      ending === "failed" ? [{ run: slice.id, ...toRunError(error) }] : [],
    ),
    ...(halted === undefined ? {} : { halted: toRunError(halted) }),
  };
}

function sum(runs: readonly WorkedRun[], of: (run: WorkedRun) => number): number {
  return runs.reduce((total, run) => total + of(run), 0);
}

function count(runs: readonly WorkedRun[], ...endings: WorkedRun["ending"][]): number {
  return runs.filter(({ ending }) => endings.includes(ending)).length;
}
