import PQueue from "p-queue";
import type { Lease, RunState } from "../contracts/slice-queue.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";
import type { Slice } from "../model/slice.ts";
import { claimToken } from "./claim-token.ts";
import type { ExecutorContext } from "./context.ts";
import { createHeartbeat } from "./heartbeat.ts";
import { narrowed } from "./narrowed.ts";
import { toRunError } from "./retry.ts";
import { type Ending, type LeaseOutcome, runLease } from "./run-lease.ts";
import { spaced } from "./spaced.ts";
import type { RunTotals } from "./tally.ts";
import { untilHealed } from "./until-healed.ts";
import { waitingNews } from "./waiting.ts";
import { wakeups } from "./wakeups.ts";

/** When to stop, and what to take. */
export interface WorkOptions {
  /** Stops the work: runs in flight are handed back unspent, and `work` returns. */
  readonly signal?: AbortSignal;
  /** Stops the work at this time on the backfill's clock, in the same way. */
  readonly deadline?: EpochMs;
  /** Stops taking runs after so many; those in flight are finished. */
  readonly maxRuns?: number;
  /** Takes only the runs of these slices. */
  readonly ids?: readonly string[];
  /** Works exactly these and claims none. More than `concurrency` wait for their turn unrenewed. */
  readonly leases?: readonly Lease[];
  /** Asks for so many symbols a request at most, 1 or more. Default: as many as the source takes. */
  readonly symbolsPerRequest?: number;
  /**
   * Sends so many requests a minute at most, above 0, evenly spaced and within the backfill's own rate: the share of
   * this work where others work beside it. Default: all of the rate.
   */
  readonly requestsPerMinute?: number;
  /** False: returns when nothing is due, though runs wait for a retry or are held by another worker. Default true. */
  readonly wait?: boolean;
}

/** One leased run and how it ended here. A run that was put back and taken again is in here twice. */
export interface WorkedRun {
  /** As it was leased. */
  readonly slice: Slice;
  /** How it ended for this worker; `retried` and `returned` runs are queued again. */
  readonly ending: Ending;
  /** What it came to here, counted also where it failed. */
  readonly tally: RunTotals;
  /** What ended it; absent after `success`. */
  readonly error?: unknown;
}

/** What a call of `work` did. */
export interface WorkSummary {
  /** In the order in which they ended; empty when none was taken. */
  readonly runs: readonly WorkedRun[];
  /** What stopped everything; the runs it hit were put back unspent. */
  readonly halted?: unknown;
  /**
   * `drained`: nothing is queued or running any more. `idle`: nothing was due, and `wait` is false. `enough`: `maxRuns`
   * were taken, or `leases` worked.
   */
  readonly ended: "drained" | "idle" | "enough" | "stopped" | "halted";
}

/**
 * Leases runs and works them, so many at a time, until the queue is drained: nothing of this source queued, nothing
 * running, by this worker or another. Runs of workers that died come back when their leases end, and are waited for.
 */
export async function work(parts: ExecutorContext, options: WorkOptions = {}): Promise<WorkSummary> {
  const context = atShare(parts, options);
  const { queue, outage, clock, source, concurrency, pollMs, leaseMs, workerId, emit } = context;
  const { signal, deadline = Number.POSITIVE_INFINITY, ids, leases: given, wait = true } = options;
  const maxRuns = given?.length ?? options.maxRuns ?? Number.POSITIVE_INFINITY;

  const ours = { provider: source.provider, ...defined({ ids }) };
  const inFlight = new PQueue({ concurrency });
  const heartbeat = createHeartbeat(context);
  const stop = new AbortController();
  // One controller a run, not one signal for all: Node warns of a leak at eleven listeners, and AbortSignal.any keeps
  // every derived signal alive for as long as the first one on Node 20.
  const running = new Set<AbortController>();
  stop.signal.addEventListener("abort", () => {
    for (const run of running) run.abort(stop.signal.reason);
  });
  const onAbort = () => stop.abort(signal?.reason);
  if (signal?.aborted) onAbort();
  signal?.addEventListener("abort", onAbort, { once: true });
  const deadlineWatch = watchDeadline();
  const waiting = wakeups(clock, context.arrivals, stop.signal);
  const news = waitingNews(context, () => queue.running(ours));

  const runs: WorkedRun[] = [];
  let halted: { readonly error: unknown } | undefined;
  let claims = 0;
  let taken = 0;
  let rest: "drained" | "idle" | undefined;
  // Who works certain runs does not cut the queue anew: those runs would be others.
  const betweenRuns = ids === undefined && given === undefined ? context.betweenRuns : async () => {};
  try {
    take(given ?? []);
    while (!stop.signal.aborted && taken < maxRuns && rest === undefined) {
      waiting.forgetPast();
      await betweenRuns(stop.signal);
      const free = Math.min(concurrency - inFlight.pending, maxRuns - taken);
      const leases = free > 0 ? await lease(free) : [];
      // What `maxRuns` cuts short tells nothing of who else waits.
      if (leases.length < free || (free > 0 && taken + free < maxRuns)) outage.leased(leases.length === free);
      take(leases);
      if (leases.length === 0) rest = await restAfterWaiting();
    }
    await inFlight.onIdle();
  } catch (error) {
    // The queue is broken, or the stop came while it was asked. Runs in flight are handed back, or their leases end.
    halt(error);
    await inFlight.onIdle();
  } finally {
    stop.abort();
    signal?.removeEventListener("abort", onAbort);
    await Promise.all([deadlineWatch, waiting.over]);
  }
  if (halted !== undefined) return { runs, halted: halted.error, ended: "halted" };
  return { runs, ended: rest ?? (taken >= maxRuns ? "enough" : "stopped") };

  function lease(limit: number): Promise<Lease[]> {
    const token = claimToken(`${workerId}/${++claims}`, context.random);
    const claim = { workerId, token, limit, ttlMs: leaseMs, ...ours };
    return patiently(() => queue.lease(claim));
  }

  function take(leases: readonly Lease[]): void {
    taken += leases.length;
    if (leases.length > 0) news.forget();
    for (const one of leases) inFlight.add(() => settle(one)).catch(halt);
  }

  /** A queue that may come back is waited for: the worker has nothing better to do, and a token makes claims safe. */
  function patiently<T>(call: () => Promise<T>): Promise<T> {
    const onRetry = (error: RunError, delayMs: number) => emit({ type: "queue-failing", delayMs, error });
    return untilHealed(context, { goesOn: () => true, signal: stop.signal, onRetry }, call);
  }

  async function settle(one: Lease): Promise<void> {
    emit({ type: "leased", slice: one.slice, attempt: one.attempt });
    const run = new AbortController();
    if (stop.signal.aborted) run.abort(stop.signal.reason);
    running.add(run);
    const outcome: LeaseOutcome = await runLease(context, heartbeat, one, run);
    running.delete(run);
    const { ending, tally, error } = outcome;
    runs.push({ slice: one.slice, ending, tally, ...defined({ error }) });
    if (outcome.halt) halt(error);
  }

  function halt(error: unknown): void {
    if (halted !== undefined || stop.signal.aborted) return;
    halted = { error };
    emit({ type: "halted", error: toRunError(error) });
    stop.abort(error);
  }

  /** Waits for something to change, unless nothing is left to wait for. */
  async function restAfterWaiting(): Promise<"drained" | "idle" | undefined> {
    if (inFlight.pending === 0) {
      const open = await patiently(() => queue.counts({ ...ours, states: OPEN_STATES }));
      if (open.length === 0) return "drained";
      if (!wait) return "idle";
      await news.tell(open);
    }
    const wake = new AbortController();
    const woken = () => wake.abort();
    inFlight.once("next", woken);
    stop.signal.addEventListener("abort", woken, { once: true });
    // The stop may have come while the queue was asked.
    if (stop.signal.aborted) woken();
    await waiting.wait(pollMs, wake.signal);
    inFlight.off("next", woken);
    stop.signal.removeEventListener("abort", woken);
    return undefined;
  }

  async function watchDeadline(): Promise<void> {
    if (deadline === Number.POSITIVE_INFINITY) return;
    const leftMs = deadline - clock.now();
    try {
      // One that has come already stops the work before anything is leased.
      if (leftMs > 0) await clock.sleep(leftMs, stop.signal);
    } catch {
      return; // Stopped before.
    }
    stop.abort(new DOMException("the deadline has come", "TimeoutError"));
  }
}

function atShare(context: ExecutorContext, { symbolsPerRequest, requestsPerMinute }: WorkOptions): ExecutorContext {
  const { source, limiter, clock } = context;
  return {
    ...context,
    source: symbolsPerRequest === undefined ? source : narrowed(source, symbolsPerRequest),
    limiter: requestsPerMinute === undefined ? limiter : spaced(limiter, requestsPerMinute, clock),
  };
}

const OPEN_STATES: readonly RunState[] = ["queued", "running"];
