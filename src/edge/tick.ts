import type { Lease, LeaseOptions, RunError } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import { claimToken } from "../executor/claim-token.ts";
import { emitTo } from "../executor/emit.ts";
import { toRunError } from "../executor/retry.ts";
import { runsIn } from "../executor/runs-in.ts";
import type { JobDefinition } from "../model/job.ts";
import { DEFAULT_LEASE_MS } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";
import { added, here, NOTHING, type RunOutcome } from "./carry.ts";
import { dispatcher } from "./dispatch.ts";
import type { EdgeContext } from "./edge-options.ts";
import { noteOf } from "./note.ts";

/** A run is not started with less time left than this: it would only be handed back. */
const LEAST_MS = 2000;

/** The body of the answer to `?action=tick`, as JSON: what became of the runs that it claimed, and what is left. */
export interface TickAnswer extends RunOutcome {
  /** Runs that were new. */
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
}

/** A definition that cannot be planned, and why. */
export interface RefusedDefinition {
  /** Of the definition, as it is written there. */
  readonly label: string;
  /** Label and timeframe together name a definition. */
  readonly timeframe: string;
  /** Every problem with it, one a line. */
  readonly message: string;
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
  const { enqueued, refused } = await enqueue(context);

  let halted: RunError | undefined;
  let claims = 0;
  let isStopped = false;
  // One a lane: Node warns of a leak at eleven listeners on one signal.
  const stops = Array.from({ length: maxConcurrentRuns }, () => new AbortController());
  const stopAll = () => {
    isStopped = true;
    for (const stop of stops) stop.abort(new DOMException("all work is stopped", "AbortError"));
  };
  if (signal?.aborted) stopAll();
  signal?.addEventListener("abort", stopAll, { once: true });
  const outcomes: RunOutcome[] = [];
  const carry = parts.batch === undefined ? here(context.backfill) : dispatcher(context, parts.batch, claim);
  try {
    await Promise.all(stops.map(lane));
  } finally {
    signal?.removeEventListener("abort", stopAll);
  }

  const [counts, running] = await Promise.all([
    queue.counts({ provider, states: ["queued", "running"] }),
    queue.running({ provider }),
  ]);
  const queued = runsIn(counts, "queued");
  const claimed = outcomes.length;
  const now = clock.now();
  const isLate = now >= deadline - LEAST_MS;
  const note = noteOf({ claimed, queued, running, maxConcurrentRuns, now, isLate, halted });
  const stuck = claimed === 0 && queued > 0;
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
    ...(halted === undefined ? {} : { halted }),
  };

  /** One of as many as may run at once: a run after the other. */
  async function lane({ signal }: AbortController): Promise<void> {
    try {
      while (!isStopped && clock.now() < deadline - LEAST_MS) {
        const lease = await claim({});
        if (lease === undefined) return;
        const outcome = await carry(lease, deadline, signal);
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

  async function claim(options: Pick<LeaseOptions, "ids">): Promise<Lease | undefined> {
    const token = claimToken(`${workerId}/${++claims}`, random);
    const bound = { workerId, token, limit: 1, ttlMs: leaseMs, provider, maxRunning: maxConcurrentRuns };
    const [lease] = await queue.lease({ ...bound, ...options });
    return lease;
  }
}

interface Enqueued {
  readonly enqueued: number;
  /** Definitions that ask for what cannot be. */
  readonly refused: readonly RefusedDefinition[];
}

/** One definition that cannot be planned costs one definition. */
async function enqueue({ parts, backfill }: EdgeContext): Promise<Enqueued> {
  const jobs = await parts.jobs();
  try {
    return { enqueued: await backfill.tick(jobs), refused: [] };
  } catch (error) {
    if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
  }
  let enqueued = 0;
  const refused: RefusedDefinition[] = [];
  for (const job of jobs) {
    try {
      enqueued += await backfill.tick([job]);
    } catch (error) {
      if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
      refused.push({ ...named(job), message: error.message });
    }
  }
  return { enqueued, refused };
}

function named({ label, timeframe }: JobDefinition) {
  return { label, timeframe };
}
