import type { Lease, Progress, RunResult } from "../contracts/slice-queue.ts";
import { isBarfillError, RunAbandonedError } from "../errors.ts";
import { seriesTimeIn } from "../model/time-in.ts";
import type { ExecutorContext } from "./context.ts";
import type { Heartbeat } from "./heartbeat.ts";
import { restOf } from "./rest-of.ts";
import { backoffMs, toRunError, type Verdict, verdictOf } from "./retry.ts";
import { runSlice } from "./run-slice.ts";
import { emptyTally, type Tally, writtenOf } from "./tally.ts";
import { untilHealed } from "./until-healed.ts";

/** How a leased run ended, as far as this worker is concerned. */
export type Ending = "success" | "failed" | "retried" | "lost" | "returned";

export interface LeaseOutcome {
  readonly ending: Ending;
  readonly tally: Tally;
  /** What ended it, when it was not success. */
  readonly error?: unknown;
  /** The error would fail everywhere: the worker must stop. */
  readonly halt: boolean;
}

/**
 * Works a leased run to its end and settles it with the queue: completed, failed, or put back. `heartbeat` keeps the
 * lease alive meanwhile; leaves quietly when it is lost. Aborting `work` ends it early and hands the run back unspent.
 */
export async function runLease(
  context: ExecutorContext,
  heartbeat: Heartbeat,
  lease: Lease,
  work: AbortController,
): Promise<LeaseOutcome> {
  const { queue, patience, outage, clock, random, retry, emit } = context;
  const { slice } = lease;
  const tally = emptyTally();
  const kept = heartbeat.keep(lease, { progress, onLost: (error) => work.abort(error) });
  try {
    if (lease.expiries >= retry.runExpiries) throw new RunAbandonedError(slice.id, lease.expiries);
    await runSlice(isUntouched(lease) ? context : { ...context, widen: asItIs }, slice, tally, work.signal);
    // No renewal may be under way when the run is over: it would find the lease gone and cry wolf.
    await kept.release();
    const result = resultSoFar();
    await healed(() => queue.complete(lease, result));
    context.onFinished(slice, tally);
    emit({ type: "completed", slice, result });
    return { ending: "success", tally, halt: false };
  } catch (error) {
    await kept.release();
    return await settle(error);
  }

  async function settle(error: unknown): Promise<LeaseOutcome> {
    const isStopped = work.signal.aborted && !isBarfillError(error);
    const isGone = isBarfillError(error, "STORE_FAILED") ? patience.isGoneFor(slice.id) : outage.isGone;
    const verdict: Verdict = isStopped ? { kind: "stop" } : verdictOf(error, lease.attempt, retry, isGone);
    try {
      switch (verdict.kind) {
        case "leave":
          emit({ type: "lost", slice });
          return { ending: "lost", tally, error, halt: false };
        case "stop":
          await handBack();
          emit({ type: "returned", slice });
          return { ending: "returned", tally, error, halt: false };
        case "halt":
          await putBack(0, false);
          emit({ type: "returned", slice });
          return { ending: "returned", tally, error, halt: true };
        case "retry": {
          const backoff = backoffMs(lease.attempt, { ...retry, baseDelayMs: retry.baseDelayMs * 4 }, random());
          const delayMs = verdict.attemptSpent ? backoff : Math.max(backoff, outage.stepAsideMs);
          await putBack(delayMs, verdict.attemptSpent, error);
          const tries = { attempt: lease.attempt, attempts: retry.runAttempts };
          emit({ type: "retrying", slice, what: "run", ...tries, delayMs, error: toRunError(error) });
          return { ending: "retried", tally, error, halt: false };
        }
        case "fail":
          await healed(() => queue.fail(lease, toRunError(error), progress()));
          emit({ type: "failed", slice, error: toRunError(error) });
          return { ending: "failed", tally, error, halt: false };
      }
    } catch (second) {
      // The queue does not take it: the lease is lost already, or will run out, and the run comes back by itself.
      emit({ type: "lost", slice });
      const halt = verdict.kind === "halt" || (isBarfillError(second) && second.disposition === "halt");
      return { ending: "lost", tally, error: isBarfillError(second, "LEASE_LOST") ? error : second, halt };
    }
  }

  /** A stop does not cut this short: what is settled now need not be found out from a lease that runs out. */
  function healed<T>(call: () => Promise<T>): Promise<T> {
    return untilHealed(context, { goesOn: (failures) => failures < retry.pageAttempts }, call);
  }

  /**
   * Whoever takes the run up again goes on from what is covered. Of a slice that asks again that tells nothing, so what
   * it has still to ask is queued as slices of their own, and it is done: else one that is larger than the time between
   * two stops would start anew each time, and never end. In this order: what dies in between asks twice, and leaves
   * nothing out.
   */
  async function handBack(): Promise<void> {
    if (tally.settled.size === 0) return putBack(0, false);
    // A run that was cancelled meanwhile leaves nothing behind.
    await stillHeld();
    const rest = restOf(slice, tally.settled, context.source.limits);
    if (rest.length > 0) {
      await healed(() => queue.enqueue(rest));
      try {
        // Not told from the completion: one whose answer was lost looks the same when it is repeated.
        await stillHeld();
      } catch (error) {
        if (isBarfillError(error, "LEASE_LOST")) await healed(() => queue.cancel({ ids: rest.map(({ id }) => id) }));
        throw error;
      }
    }
    await healed(() => queue.complete(lease, resultSoFar()));
  }

  function stillHeld(): Promise<Lease> {
    return healed(() => queue.renew(lease, progress(), context.leaseMs));
  }

  async function putBack(delayMs: number, attemptSpent: boolean, error?: unknown): Promise<void> {
    // On the queue's clock, which tells the lease's end: where ours is hours ahead, the run would wait for hours.
    const { expiresAt } = kept;
    const now = Math.min(expiresAt, Math.max(expiresAt - context.leaseMs, clock.now()));
    const ended = error === undefined ? {} : { error: toRunError(error) };
    const options = { notBefore: now + delayMs, attemptSpent, progress: progress(), ...ended };
    await healed(() => queue.retry(lease, options));
  }

  /** On top of what earlier leases came to: the queue keeps what it is told last. */
  function resultSoFar(): RunResult {
    return { bars: lease.before.bars + writtenOf(tally), requests: lease.before.requests + tally.requests };
  }

  function progress(): Progress {
    const { openMs, settledMs } = tally;
    const wantedMs = seriesTimeIn([slice]);
    const leftMs = openMs === undefined ? undefined : Math.max(0, openMs - settledMs);
    const percent = leftMs === undefined ? lease.before.percent : Math.floor(100 - (100 * leftMs) / wantedMs);
    return { percent, ...resultSoFar() };
  }
}

/**
 * Whether nothing came of the run yet. What did is not asked for again, though that may be expected to take a page
 * less: if pages hold less than was believed, a run that is stopped time and again would never end.
 */
function isUntouched({ before }: Lease): boolean {
  return before.percent === 0 && before.bars === 0;
}

function asItIs<T>(gaps: T): T {
  return gaps;
}
