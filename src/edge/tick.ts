import type { Lease, LeaseOptions } from "../contracts/slice-queue.ts";
import { claimToken } from "../executor/claim-token.ts";
import { emitTo } from "../executor/emit.ts";
import { toRunError } from "../executor/retry.ts";
import { runsIn } from "../executor/runs-in.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { DEFAULT_LEASE_MS } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";
import { timeLimit } from "../time-limit.ts";
import { added, here, NOTHING, type RunOutcome } from "./carry.ts";
import { planDefinitions, type RefusedDefinition } from "./definitions.ts";
import { dispatcher } from "./dispatch.ts";
import type { EdgeContext } from "./edge-options.ts";
import { healing } from "./healing.ts";
import { noteOf } from "./note.ts";

/** A run is not started with less time left than this: it would only be handed back. */
const LEAST_MS = 2000;

/** Of the time of a tick: however long planning takes, the other half is left to work what is queued. */
const PLANNING_SHARE = 0.5;

/** The body of the answer to `?action=tick`, as JSON: what became of the runs that it claimed, and what is left. */
export interface TickAnswer extends RunOutcome {
  /** Runs that were new; 0 beside `planning_failed`, though what was planned before is queued. */
  readonly enqueued: number;
  /** Runs that this tick started. */
  readonly claimed: number;
  /** Runs that wait, for a worker or for their next try, when the tick is over. */
  readonly queued: number;
  /** Runs that are under way when the tick is over, whoever works them. */
  readonly running: number;
  /** From the request to this answer, in ms. */
  readonly duration_ms: number;
  /** One sentence for people: above all why nothing was started though runs are queued. */
  readonly note: string;
  /** Definitions that ask for what cannot be; the others were queued all the same. Absent when there is none. */
  readonly refused_definitions?: readonly RefusedDefinition[];
  /** Definitions that had no turn in half of the time; the next ticks plan them. Absent when there is none. */
  readonly definitions_left?: number;
  /** Why no more could be planned; what is queued was worked all the same. */
  readonly planning_failed?: RunError;
}

/** Queues what is lacking, and carries runs until none is due, the time is up, or something would fail everywhere. */
export async function tick(context: EdgeContext): Promise<TickAnswer> {
  const { parts, budgetMs, maxConcurrentRuns, signal } = context;
  const { queue, source, clock = systemClock, random = Math.random, observer } = parts.backfill;
  const { leaseMs = DEFAULT_LEASE_MS, workerId = `orchestrator-${Math.floor(random() * 2 ** 32).toString(36)}` } =
    parts.backfill;
  const { provider } = source;
  const started = clock.now();
  const deadline = started + budgetMs;
  const emit = emitTo(observer, clock);
  const planned = await planDefinitions(context, started + budgetMs * PLANNING_SHARE);

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
  const outcomes: RunOutcome[] = [];
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

  // In the two seconds that are left: what was done must not go untold for a moment's trouble.
  const answering = timeLimit(clock, deadline);
  const again = healing(parts.backfill, answering.signal);
  const [counts, running] = await Promise.all([
    again(() => queue.counts({ provider, states: ["queued", "running"] })),
    again(() => queue.running({ provider })),
  ]).finally(answering.end);
  const queued = runsIn(counts, "queued");
  const claimed = outcomes.length;
  const now = clock.now();
  const isLate = now >= deadline - LEAST_MS;
  const note = noteOf({ claimed, queued, running, maxConcurrentRuns, now, isLate, halted, unclaimed });
  const stuck = claimed === 0 && queued > 0;
  const { enqueued, refused, left, error } = planned;
  emit({ type: "ticked", enqueued, claimed, queued, running: running.length, note, stuck });
  return {
    enqueued,
    claimed,
    ...outcomes.reduce(added, NOTHING),
    queued,
    running: running.length,
    duration_ms: now - started,
    note,
    ...(refused.length === 0 ? {} : { refused_definitions: refused }),
    ...(left === 0 ? {} : { definitions_left: left }),
    ...defined({ planning_failed: error, halted }),
  };

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
