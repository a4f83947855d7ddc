import type { Clock } from "../../contracts/clock.ts";
import type { Lease, Progress, RunState, SliceQueue } from "../../contracts/slice-queue.ts";
import { LeaseLostError, OptionsError } from "../../errors.ts";
import type { EpochMs } from "../../model/interval.ts";
import { systemClock } from "../../system-clock.ts";
import { leaseOrder } from "./lease-order.ts";
import { countRuns, isHeldUnder, type LeasedRun, matcher, type Run, runningOf, takenBy } from "./run.ts";

/** What {@link memoryQueue} takes. */
export interface MemoryQueueOptions {
  /** The queue's clock: leases expire and retries fall due on it. The machine's by default. */
  readonly clock?: Clock;
}

/**
 * A {@link SliceQueue} in this process's memory: the reference for all others, gone when the process ends.
 *
 * A lease holds until, and not at, its `expiresAt`; one that has expired still counts while nobody has taken the run.
 * A token that holds nothing any more is forgotten. Runs that are retried or requeued keep their place in the order
 * of arrival; one that is enqueued afresh goes to the end of it. Rejects with {@link OptionsError} when `limit` is
 * not a whole number of 1 or more, `ttlMs` is not 1 or more, or `notBefore` is not a number. Of run errors those of
 * failed runs are kept: the contract shows no others.
 */
export function memoryQueue({ clock = systemClock }: MemoryQueueOptions = {}): SliceQueue {
  const runs = new Map<string, Run>();
  const order = leaseOrder<Run>();
  /** What each token holds; no entry when nothing. */
  const heldByToken = new Map<string, Set<Run>>();
  let arrivals = 0;

  /** The run that `lease` still holds. */
  const holderOf = ({ slice, token }: Lease): LeasedRun => {
    const run = runs.get(slice.id);
    if (!isHeldUnder(token, run)) throw new LeaseLostError(slice.id);
    return run;
  };

  const place = (run: Run, dueAt: EpochMs = Number.NEGATIVE_INFINITY): void => {
    const { provider, priority } = run.slice;
    order.put(run, { provider, leased: run.lease !== undefined, priority, arrival: run.arrival, dueAt });
  };

  const hold = (run: Run, lease: Lease): Lease => {
    heldByToken.set(lease.token, (heldByToken.get(lease.token) ?? new Set()).add(run));
    run.state = "running";
    run.lease = lease;
    place(run, lease.expiresAt);
    return lease;
  };

  const release = (run: Run): void => {
    if (run.lease === undefined) return;
    const held = heldByToken.get(run.lease.token);
    held?.delete(run);
    if (held?.size === 0) heldByToken.delete(run.lease.token);
    run.lease = undefined;
  };

  /** How many leases hold at `now`. */
  const holding = (now: EpochMs, provider: string | undefined): number => {
    const held = [...heldByToken.values()].flatMap((of) => [...of]);
    const isMeant = ({ slice }: Run) => provider === undefined || slice.provider === provider;
    return held.filter((run) => isMeant(run) && run.lease !== undefined && run.lease.expiresAt > now).length;
  };

  const moveTo = (run: Run, state: Exclude<RunState, "running">, notBefore?: EpochMs): void => {
    release(run);
    run.state = state;
    run.failure = undefined;
    if (state === "queued") place(run, notBefore);
    else order.remove(run);
  };

  return {
    async enqueue(slices, { apart = false } = {}) {
      let added = 0;
      const isTaken = apart ? takenBy([...runs.values()].filter(isLive)) : () => false;
      for (const slice of slices) {
        const known = runs.get(slice.id);
        if ((known !== undefined && isLive(known)) || isTaken(slice)) continue;
        const run: Run = {
          slice,
          arrival: arrivals++,
          state: "queued",
          attempt: 0,
          expiries: 0,
          progress: { percent: 0, bars: 0, requests: 0 },
          lease: undefined,
          since: 0,
          failure: undefined,
        };
        runs.set(slice.id, run);
        place(run);
        added++;
      }
      return added;
    },

    async lease({ workerId, token, limit, ttlMs, provider, ids, maxRunning }) {
      check("limit", limit, "a whole number, 1 or more", Number.isInteger(limit) && limit >= 1);
      check("ttlMs", ttlMs, "1 or more", ttlMs >= 1);
      check("maxRunning", maxRunning ?? 0, "a whole number, 0 or more", isWhole(maxRunning ?? 0));
      const held = heldByToken.get(token);
      if (held !== undefined) {
        return [...held].flatMap(({ lease, progress }) => (lease === undefined ? [] : { ...lease, before: progress }));
      }
      const leases: Lease[] = [];
      const among = ids?.flatMap((id) => runs.get(id) ?? []);
      const now = clock.now();
      const room = maxRunning === undefined ? limit : Math.min(limit, maxRunning - holding(now, provider));
      while (leases.length < room) {
        const run = order.take(now, provider, among);
        if (run === undefined) break;
        if (run.lease === undefined) run.attempt++;
        else run.expiries++;
        release(run);
        run.since = now;
        const { slice, attempt, expiries, progress } = run;
        const lease = { slice, workerId, token, expiresAt: now + ttlMs, attempt, expiries, before: progress };
        leases.push(hold(run, lease));
      }
      return leases;
    },

    async renew(lease, progress, ttlMs) {
      check("ttlMs", ttlMs, "1 or more", ttlMs >= 1);
      const run = holderOf(lease);
      report(run, progress);
      return hold(run, { ...run.lease, expiresAt: clock.now() + ttlMs });
    },

    async complete(lease, result) {
      const run = holderOf(lease);
      report(run, { percent: 100, ...result });
      moveTo(run, "success");
    },

    async retry(lease, { notBefore, attemptSpent, progress }) {
      check("notBefore", notBefore, "a time in ms", !Number.isNaN(notBefore));
      const run = holderOf(lease);
      if (!attemptSpent) run.attempt--;
      report(run, progress);
      moveTo(run, "queued", notBefore);
    },

    async fail(lease, error, progress) {
      const run = holderOf(lease);
      report(run, progress);
      moveTo(run, "failed");
      run.failure = { error, at: clock.now() };
    },

    async cancel(filter) {
      const live = [...runs.values()].filter(isLive).filter(matcher(filter));
      for (const run of live) moveTo(run, "cancelled");
      return live.length;
    },

    async requeue(filter) {
      const failed = [...runs.values()].filter(({ state }) => state === "failed").filter(matcher(filter));
      for (const run of failed) {
        run.attempt = 0;
        run.expiries = 0;
        moveTo(run, "queued");
      }
      return failed.length;
    },

    async open({ limit, ...filter }) {
      if (limit !== undefined)
        check("limit", limit, "a whole number, 1 or more", Number.isInteger(limit) && limit >= 1);
      const live = [...runs.values()].filter(isLive).filter(matcher(filter));
      return live
        .sort((a, b) => b.slice.priority - a.slice.priority || a.arrival - b.arrival)
        .slice(0, limit)
        .map(({ slice }) => slice);
    },

    async running(filter) {
      return runningOf([...runs.values()].filter(matcher(filter)));
    },

    async failures(ids) {
      const now = clock.now();
      return [...new Set(ids)].flatMap((id) => {
        const failure = runs.get(id)?.failure;
        return failure === undefined ? [] : [{ id, error: failure.error, agoMs: Math.max(0, now - failure.at) }];
      });
    },

    async counts(filter = {}) {
      return countRuns([...runs.values()].filter(matcher(filter)));
    },
  };
}

/** Keeps what was reported, where anything was. */
function report(run: Run, progress: Progress | undefined): void {
  if (progress !== undefined) run.progress = progress;
}

function isLive({ state }: Run): boolean {
  return state === "queued" || state === "running";
}

function isWhole(value: number): boolean {
  return Number.isInteger(value) && value >= 0;
}

function check(path: string, value: number, expected: string, holds: boolean): void {
  if (!holds) throw new OptionsError([{ path, expected, received: String(value) }]);
}
