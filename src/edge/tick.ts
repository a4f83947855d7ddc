import { emitTo } from "../executor/emit.ts";
import { runsIn } from "../executor/runs-in.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { systemClock } from "../system-clock.ts";
import { timeLimit } from "../time-limit.ts";
import { added, NOTHING, type RunOutcome } from "./carry.ts";
import { carryRuns, LEAST_MS } from "./carry-runs.ts";
import { planDefinitions, type RefusedDefinition } from "./definitions.ts";
import type { EdgeContext } from "./edge-options.ts";
import { healing } from "./healing.ts";
import { noteOf } from "./note.ts";

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
  const { parts, budgetMs, maxConcurrentRuns } = context;
  const { queue, source, clock = systemClock, observer } = parts.backfill;
  const { provider } = source;
  const started = clock.now();
  const deadline = started + budgetMs;
  const planned = await planDefinitions(context, started + budgetMs * PLANNING_SHARE);
  const { outcomes, halted, unclaimed } = await carryRuns(context, deadline);

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
  emitTo(observer, clock)({ type: "ticked", enqueued, claimed, queued, running: running.length, note, stuck });
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
}
