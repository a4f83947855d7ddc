import type { Backfill } from "../backfill.ts";
import type { Lease } from "../contracts/slice-queue.ts";
import { toRunError } from "../executor/retry.ts";
import { barsOf } from "../executor/tally.ts";
import type { WorkOptions } from "../executor/worker.ts";
import type { RunError } from "../model/error-code.ts";
import { sum } from "../model/sum.ts";

/** What became of one claimed run, as far as this process knows. */
export interface RunOutcome {
  /** Runs that were answered and committed to the end. */
  readonly success: number;
  /** Runs that failed for good. */
  readonly failed: number;
  /** Runs that are queued again with their coverage kept: the time was up, or a retry is due later. */
  readonly handed_back: number;
  /** Runs that another worker took, or that were cancelled. */
  readonly lost: number;
  /** Another process has it, or its lease will end. */
  readonly left: number;
  /** Committed, new or not. */
  readonly bars: number;
  /** Sent to the source. */
  readonly requests: number;
  /** What would fail everywhere. */
  readonly halted?: RunError;
}

export const NOTHING: RunOutcome = { success: 0, failed: 0, handed_back: 0, lost: 0, left: 0, bars: 0, requests: 0 };

/** Works a claimed run here, or has it worked. Rejects only with what is no fault of the run. */
export type Carry = (lease: Lease, deadline: number, signal: AbortSignal) => Promise<RunOutcome>;

/** Carries a run in this process. */
export function here(
  backfill: Backfill,
  options: Pick<WorkOptions, "symbolsPerRequest" | "requestsPerMinute"> = {},
): Carry {
  return async (lease, deadline, signal) => {
    const { runs, halted } = await backfill.work({ ...options, leases: [lease], deadline, signal });
    const ending = runs[0]?.ending;
    return {
      success: Number(ending === "success"),
      failed: Number(ending === "failed"),
      handed_back: Number(ending === "returned" || ending === "retried"),
      lost: Number(ending === "lost"),
      left: 0,
      bars: sum(runs, ({ tally }) => barsOf(tally)),
      requests: sum(runs, ({ tally }) => tally.requests),
      ...(halted === undefined ? {} : { halted: toRunError(halted) }),
    };
  };
}

/** The sum of both, but for what halted them. */
export function added(a: RunOutcome, b: RunOutcome): RunOutcome {
  return {
    success: a.success + b.success,
    failed: a.failed + b.failed,
    handed_back: a.handed_back + b.handed_back,
    lost: a.lost + b.lost,
    left: a.left + b.left,
    bars: a.bars + b.bars,
    requests: a.requests + b.requests,
  };
}
