import type { Lease, LeaseOptions } from "../contracts/slice-queue.ts";
import { claimToken } from "../executor/claim-token.ts";
import { emitTo } from "../executor/emit.ts";
import { toRunError } from "../executor/retry.ts";
import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";
import { DEFAULT_LEASE_MS } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";
import { timeLimit } from "../time-limit.ts";
import { here, type RunOutcome } from "./carry.ts";
import { dispatcher } from "./dispatch.ts";
import type { EdgeContext } from "./edge-options.ts";
import { healing } from "./healing.ts";

/** A run is not started with less time left than this: it would only be handed back. */
export const LEAST_MS = 2000;

/** What became of the runs that a tick claimed. */
export interface CarriedRuns {
  /** One a run, in the order in which they ended. */
  readonly outcomes: readonly RunOutcome[];
  /** What would fail everywhere, and stopped them all. */
  readonly halted: RunError | undefined;
  /** Why the queue gave no run when it was last asked; `undefined` when it answered. */
  readonly unclaimed: RunError | undefined;
}

/**
 * Carries runs, as many at once as may run, until none is due, `deadline` is near, or something would fail everywhere.
 */
export async function carryRuns(context: EdgeContext, deadline: EpochMs): Promise<CarriedRuns> {
  const { parts, maxConcurrentRuns, signal } = context;
  const { queue, source, clock = systemClock, random = Math.random, observer } = parts.backfill;
  const { leaseMs = DEFAULT_LEASE_MS, workerId = `orchestrator-${Math.floor(random() * 2 ** 32).toString(36)}` } =
    parts.backfill;
  const emit = emitTo(observer, clock);
  const outcomes: RunOutcome[] = [];
  let halted: RunError | undefined;
  let unclaimed: RunError | undefined;
  let claims = 0;
  let isStopped = false;
  // One a lane: Node warns of a leak at eleven listeners on one signal.
  const stops = Array.from({ length: maxConcurrentRuns }, () => new AbortController());
  // No claim is tried, and none tried again, when it is too late to start a run.
  const starting = timeLimit(clock, deadline - LEAST_MS);
  const healed = healing(parts.backfill, starting.signal);
  const stopAll = () => {
    isStopped = true;
    starting.end();
    for (const stop of stops) stop.abort(new DOMException("all work is stopped", "AbortError"));
  };
  if (signal?.aborted) stopAll();
  signal?.addEventListener("abort", stopAll, { once: true });
  const carry =
    parts.batch === undefined
      ? here(context.backfill)
      : dispatcher(context, parts.batch, { claim, healed, isOver: () => starting.signal.aborted });
  try {
    await Promise.all(stops.map(lane));
  } finally {
    signal?.removeEventListener("abort", stopAll);
    starting.end();
  }
  return { outcomes, halted, unclaimed };

  /** One of as many as may run at once: a run after the other. */
  async function lane(stop: AbortController): Promise<void> {
    try {
      while (!isStopped && clock.now() < deadline - LEAST_MS) {
        const lease = await claim({});
        if (lease === undefined) return;
        const outcome = await carry(lease, deadline, stop.signal);
        outcomes.push(outcome);
        if (outcome.halted !== undefined) halt(outcome.halted);
      }
    } catch (error) {
      halt(toRunError(error));
    }
  }

  function halt(error: RunError): void {
    if (isStopped) return;
    halted = error;
    emit({ type: "halted", error });
    stopAll();
  }

  /** Nothing, when none is due, or when the queue failed for as long as a run could start. */
  async function claim(options: Pick<LeaseOptions, "ids">): Promise<Lease | undefined> {
    // One token for all tries: a claim whose answer was lost is had again, and takes no second run.
    const token = claimToken(`${workerId}/${++claims}`, random);
    const { provider } = source;
    const bound = { workerId, token, limit: 1, ttlMs: leaseMs, provider, maxRunning: maxConcurrentRuns };
    try {
      const [lease] = await healed(() => queue.lease({ ...bound, ...options }).catch(unheard));
      unclaimed = undefined;
      return lease;
    } catch (error) {
      if (starting.signal.aborted) return undefined;
      throw error;
    }
  }

  function unheard(error: unknown): never {
    unclaimed = toRunError(error);
    throw error;
  }
}
