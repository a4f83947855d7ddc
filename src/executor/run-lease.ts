import type { Lease, Progress } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import type { ExecutorContext } from "./context.ts";
import { restOf } from "./rest-of.ts";
import { backoffMs, toRunError, type Verdict, verdictOf } from "./retry.ts";
import { runSlice } from "./run-slice.ts";
import { barsOf, emptyTally, type Tally } from "./tally.ts";
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
 * Works a leased run to its end and settles it with the queue: completed, failed, or put back. Keeps the lease alive
 * meanwhile, and leaves quietly when it is lost. Aborting `work` ends it early and hands the run back unspent.
 */
export async function runLease(context: ExecutorContext, lease: Lease, work: AbortController): Promise<LeaseOutcome> {
  const { queue, clock, random, retry, emit } = context;
  const { slice } = lease;
  const tally = emptyTally();
  let expiresAt = lease.expiresAt;
  const done = new AbortController();
  const heartbeat = keepAlive();
  try {
    await runSlice(context, slice, tally, work.signal);
    // No heartbeat may be under way when the run is over: it would find the lease gone and cry wolf.
    await endHeartbeat();
    const result = { bars: barsOf(tally), requests: tally.requests };
    await settled(() => queue.complete(lease, result));
    context.onFinished(slice, tally);
    emit({ type: "completed", slice, result });
    return { ending: "success", tally, halt: false };
  } catch (error) {
    await endHeartbeat();
    return await settle(error);
  }

  async function settle(error: unknown): Promise<LeaseOutcome> {
    const isStopped = work.signal.aborted && !isBarfillError(error);
    const verdict: Verdict = isStopped ? { kind: "stop" } : verdictOf(error, lease.attempt, retry);
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
          const delayMs = backoffMs(lease.attempt, { ...retry, baseDelayMs: retry.baseDelayMs * 4 }, random());
          await putBack(delayMs, verdict.attemptSpent, error);
          const tries = { attempt: lease.attempt, attempts: retry.runAttempts };
          emit({ type: "retrying", slice, what: "run", ...tries, delayMs, error: toRunError(error) });
          return { ending: "retried", tally, error, halt: false };
        }
        case "fail":
          await settled(() => queue.fail(lease, toRunError(error)));
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
  function settled<T>(call: () => Promise<T>): Promise<T> {
    return untilHealed(context, { attempts: retry.pageAttempts, signal: new AbortController().signal }, call);
  }

  /**
   * Whoever takes the run up again goes on from what is covered. Of a slice that asks again that tells nothing, so what it
   * has still to ask is queued as slices of their own, and it is done: else one that is larger than the time between two
   * stops would start anew each time, and never end. In this order: what dies in between asks twice, and leaves nothing out.
   */
  async function handBack(): Promise<void> {
    if (tally.settled.size === 0) return putBack(0, false);
    // A run that was cancelled meanwhile leaves nothing behind.
    await stillHeld();
    const rest = restOf(slice, tally.settled, context.source.limits);
    if (rest.length > 0) {
      await settled(() => queue.enqueue(rest));
      try {
        // Not told from the completion: one whose answer was lost looks the same when it is repeated.
        await stillHeld();
      } catch (error) {
        if (isBarfillError(error, "LEASE_LOST")) await settled(() => queue.cancel({ ids: rest.map(({ id }) => id) }));
        throw error;
      }
    }
    await settled(() => queue.complete(lease, { bars: barsOf(tally), requests: tally.requests }));
  }

  function stillHeld(): Promise<Lease> {
    return settled(() => queue.renew(lease, progress(), context.leaseMs));
  }

  async function putBack(delayMs: number, attemptSpent: boolean, error?: unknown): Promise<void> {
    // On the queue's clock, which tells the lease's end: where ours is hours ahead, the run would wait for hours.
    const now = Math.min(expiresAt, Math.max(expiresAt - context.leaseMs, clock.now()));
    const notBefore = now + delayMs;
    const options = { notBefore, attemptSpent, ...(error === undefined ? {} : { error: toRunError(error) }) };
    await settled(() => queue.retry(lease, options));
  }

  async function keepAlive(): Promise<void> {
    const intervalMs = context.leaseMs / 3;
    let failures = 0;
    while (!done.signal.aborted) {
      try {
        await clock.sleep(
          failures === 0 ? intervalMs : Math.min(intervalMs, backoffMs(failures, retry, random())),
          done.signal,
        );
        ({ expiresAt } = await queue.renew(lease, progress(), context.leaseMs));
        failures = 0;
      } catch (error) {
        if (isBarfillError(error, "LEASE_LOST")) return work.abort(error);
        // Anything else may heal before the lease runs out; if it does not, completion is refused.
        failures++;
      }
    }
  }

  function progress(): Progress {
    const wanted = slice.symbols.length * (slice.interval.end - slice.interval.start);
    return { percent: Math.min(100, Math.floor((100 * tally.settledMs) / wanted)), bars: barsOf(tally) };
  }

  async function endHeartbeat(): Promise<void> {
    done.abort();
    await heartbeat;
  }
}
