import type { Clock } from "../contracts/clock.ts";
import type { RunFailure } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import type { EventBody } from "../executor/context.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { EpochMs } from "../model/interval.ts";
import type { JobDefinition, RefusedJob } from "../model/job.ts";
import type { Slice } from "../model/slice.ts";
import { DAY_MS, MINUTE_MS } from "../model/units.ts";
import type { ResolvedRequest } from "../options/request.ts";
import { timeLimit } from "../time-limit.ts";
import { refused, resolveJob } from "./jobs.ts";
import { type Planning, type PlanParts, startPlanning } from "./plan.ts";

/** How long a tick may plan, and who hears of what it leaves out. */
export interface TickOptions {
  /**
   * When to stop planning, on the backfill's clock; default never. What was planned by then is queued, and a call that
   * is under way is not waited for.
   */
  readonly deadline?: EpochMs;
  /** Stops planning in the same way. */
  readonly signal?: AbortSignal;
  /** Hears of each job that cannot be planned, as the observer does (`job-refused`). */
  readonly onRefused?: (job: RefusedJob) => void;
  /** Hears of how many jobs had no turn before that, as the observer does (`jobs-left`). Not called for none. */
  readonly onLeft?: (jobs: number) => void;
}

/** Slices that are queued at once: what Supabase's API takes a call. */
const SLICES_AT_ONCE = 2000;

/**
 * How long ticks leave out what came with bad bars: a request a minute would bring the same ones. Other failures may be
 * over at the next tick.
 */
const BAD_FOR_MS = DAY_MS;

export interface QueueJobsParts extends Omit<PlanParts, "healed"> {
  readonly clock: Clock;
  readonly emit: (event: EventBody) => void;
  /** Calls again where that may help, a few times and until `signal`. */
  readonly healed: <T>(call: () => Promise<T>, signal: AbortSignal) => Promise<T>;
  /** Queues slices, with more than one try until `signal` alone; returns how many were new. */
  readonly enqueue: (slices: readonly Slice[], signal?: AbortSignal) => Promise<number>;
  /** Joins slices, which are queued by now, with those that they go on from. */
  readonly join: (slices: readonly Slice[], signal: AbortSignal) => Promise<void>;
}

/**
 * Queues what the enabled ones of `jobs` lack, and returns how many runs were new. One that cannot be planned costs
 * itself alone. What was planned is queued, however the planning ends.
 */
export async function queueJobs(
  jobs: readonly JobDefinition[],
  { deadline = Number.POSITIVE_INFINITY, signal, onRefused, onLeft }: TickOptions,
  { clock, emit, healed, enqueue, join, ...parts }: QueueJobsParts,
): Promise<number> {
  const { now } = parts;
  const sound = jobs.filter((job) => job.enabled).flatMap((job) => resolved(job));
  if (sound.length === 0) return enqueue([]);
  const limit = timeLimit(clock, deadline, signal);
  const halfTime = now + (deadline - now) / 2;
  let planned: Slice[] = [];
  let fresh = 0;
  let done = 0;
  let goesOn: Planning["goesOn"] = () => false;
  try {
    const inTime: Healed = (call) => limit.within((own) => healed(call, own));
    const planning = await startPlanning({ ...parts, healed: inTime });
    const { cut } = planning;
    goesOn = planning.goesOn;
    for (const { job, request } of inTurn(sound, () => clock.now() >= halfTime, now)) {
      const slices = await cut(request).then(
        (some) => some.slices,
        (error) => refuse(job, error),
      );
      planned = planned.concat(slices);
      done++;
      if (planned.length >= SLICES_AT_ONCE) await flush();
    }
  } catch (error) {
    if (!limit.signal.aborted) throw error;
    emit({ type: "jobs-left", jobs: sound.length - done });
    onLeft?.(sound.length - done);
  } finally {
    await flush().finally(limit.end);
  }
  return fresh;

  async function flush(): Promise<void> {
    const all = planned;
    planned = [];
    const left = await knownBad(all);
    const slices = all.filter(({ id }) => !left.has(id));
    const next: Slice[] = [];
    const others: Slice[] = [];
    for (const slice of slices) (goesOn(slice) ? next : others).push(slice);
    if (next.length > 0) {
      fresh += await enqueue(next, limit.signal);
      await join(next, limit.signal);
    }
    // What was joined is at the end of the line now: what is new comes after it, or the same jobs would wait for ever.
    if (others.length > 0 || next.length === 0) fresh += await enqueue(others, limit.signal);
  }

  /**
   * Which of `slices` were asked as they are a short while ago, and answered with bars that are none. None where the
   * queue cannot tell now: a request too many is better than slices that are not queued.
   */
  async function knownBad(slices: readonly Slice[]): Promise<ReadonlySet<string>> {
    const ids = slices.map(({ id }) => id);
    if (ids.length === 0) return new Set();
    try {
      const failures = await healed(async () => parts.queue.failures?.(ids), limit.signal);
      const isBad = ({ error, agoMs }: RunFailure) => error.code === "SOURCE_DATA_INVALID" && agoMs < BAD_FOR_MS;
      return new Set(failures?.filter(isBad).map(({ id }) => id));
    } catch (error) {
      if (limit.signal.aborted || isBarfillError(error, "STORE_FAILED")) return new Set();
      throw error;
    }
  }

  function resolved(job: JobDefinition): { readonly job: JobDefinition; readonly request: ResolvedRequest }[] {
    try {
      return [{ job, request: resolveJob(job, now, parts.source) }];
    } catch (error) {
      return refuse(job, error);
    }
  }

  function refuse(job: JobDefinition, error: unknown): [] {
    const one = refused(job, error);
    emit({ type: "job-refused", ...one });
    onRefused?.(one);
    return [];
  }
}

/**
 * All in their order, but the rest from a place that the clock chooses once it is late: so each has its turn within
 * some ticks, though the first ones take all the time of every tick, and no process has to remember where the last one
 * stopped.
 */
function* inTurn<T>(all: readonly T[], isLate: () => boolean, now: EpochMs): Generator<T> {
  let next = 0;
  while (next < all.length && !isLate()) yield all[next++] as T;
  const rest = all.slice(next);
  // Minute by minute around the circle in steps of the golden ratio: however long the rest is, it is gone through
  // evenly.
  const place = Math.floor(((Math.floor(now / MINUTE_MS) * 0.618_033_988_75) % 1) * rest.length);
  yield* rest.slice(place);
  yield* rest.slice(0, place);
}
