import type { Lease, SliceQueue } from "../../src/contracts/slice-queue.ts";
import type { Interval } from "../../src/model/interval.ts";
import { seriesKey } from "../../src/model/series.ts";
import { type Slice, seriesOf } from "../../src/model/slice.ts";
import { isOnlyRateRefused } from "./check-runs.ts";
import type { Owner } from "./scheduler.ts";
import { minus, show, union } from "./spans.ts";
import type { World } from "./world.ts";

/** Who cancels runs and is no worker. */
export const OPERATOR: Owner = "operator";

/** The one queue as `process` reaches it, watched: who holds which run, and who settles it. */
export type WatchedQueue = (process: Owner) => SliceQueue;

/**
 * Watches over leases without knowing how the queue keeps them: a run is settled under the token that it was leased
 * under last, and where neither the queue nor the clock misbehaves, nobody loses a lease who is alive.
 */
export function watchLeases(world: World): WatchedQueue {
  const { queue, violations, counts, living, schedule, setting } = world;
  /** What the operator cancelled, by series: wanted by nobody, and what was put in the place of it may be withdrawn. */
  const calledOff = new Map<string, readonly Interval[]>();
  const holders = new Map<string, { readonly token: string; readonly process: Owner }>();
  const { before, after, halting, stalls } = schedule.queue;
  // A renewal that takes longer than the lease is no one's fault.
  const isInTime = setting.leaseMs / 3 + 4 * setting.slowestMs < setting.leaseMs;
  const isGentle = isInTime && before + after + halting + stalls + schedule.clockSteps + schedule.aborts === 0;

  function settledBy({ slice, token }: Lease, what: string): void {
    const holder = holders.get(slice.id);
    if (holder !== undefined && holder.token !== token) {
      violations.add(`fencing: a run was ended by ${what} under a lease that another had taken over`);
    }
    holders.delete(slice.id);
  }

  async function checkReplaced(gone: readonly Slice[], open: readonly Slice[]): Promise<void> {
    for (const slice of gone) {
      // What was asked again is held all the same, and who has the run now asks again.
      if (slice.again !== undefined) continue;
      for (const series of seriesOf(slice)) {
        const coverage = await world.store.coverage([series], slice.interval);
        const queued = open.filter((one) => one.timeframe === slice.timeframe && one.symbols.includes(series.symbol));
        const kept = union(
          [...coverage.values()][0] ?? [],
          queued.map(({ interval }) => interval),
        );
        const lost = minus(minus([slice.interval], kept), calledOff.get(seriesKey(series)) ?? []);
        if (lost.length > 0) violations.add(`resliced: ${series.symbol} ${show(lost)} is in no slice any more`);
      }
    }
  }

  function callOff(gone: readonly Slice[]): void {
    for (const slice of gone) {
      for (const series of seriesOf(slice)) {
        const key = seriesKey(series);
        calledOff.set(key, union(calledOff.get(key) ?? [], [slice.interval]));
      }
    }
  }

  return (process) => ({
    ...queue,
    async lease(options) {
      const leases = await queue.lease(options);
      for (const { slice, token } of leases) {
        const holder = holders.get(slice.id);
        if (holder?.token === token) continue;
        counts.leases++;
        if (slice.again !== undefined) counts.reasked++;
        world.deeds.push({ what: "lease", workerId: options.workerId, slice });
        // What is held to be cut anew is not renewed meanwhile: while the store fails, the hold may run out,
        // seed 46659.
        const isRun = holder !== undefined && !holder.token.includes("/reslice ");
        if (isRun && living.has(holder.process) && isGentle && !world.isCalm) {
          violations.add("leases: a run was taken from a worker that is alive and was heard");
        }
        holders.set(slice.id, { token, process });
      }
      return leases;
    },
    async complete(lease, result) {
      await queue.complete(lease, result);
      settledBy(lease, "complete");
    },
    async retry(lease, options) {
      await queue.retry(lease, options);
      settledBy(lease, "retry");
      if (options.attemptSpent !== false && isOnlyRateRefused(world)) {
        violations.add("attempts: a run paid with one, though only the rate was refused");
      }
    },
    async fail(lease, error, progress) {
      await queue.fail(lease, error, progress);
      settledBy(lease, "fail");
      world.deeds.push({ what: "fail", workerId: lease.workerId, slice: lease.slice, code: error.code });
      counts.failed++;
      if (schedule.outage?.isAlone && world.planted.pageAttempts === undefined) {
        violations.add("outage: a run was given up, though nobody was answered");
      }
      if (isOnlyRateRefused(world)) violations.add("failed: a run, though only the rate was refused");
      // In minutes leases of a second, renewed by calls that stall, may run out twenty times, seed 9110.
      const mayRunOut = schedule.outage !== undefined && stalls > 0;
      if (error.code === "RUN_ABANDONED" && !mayRunOut)
        violations.add("failed: a run, though it was its workers that died");
    },
    async cancel(filter) {
      const before = await queue.open({});
      const cancelled = await queue.cancel(filter);
      const after = await queue.open({});
      const open = new Set(after.map(({ id }) => id));
      const gone = before.filter(({ id }) => !open.has(id));
      // People may cancel what they like; a worker only what it has put something in the place of.
      if (process === OPERATOR) callOff(gone);
      else await checkReplaced(gone, after);
      for (const id of holders.keys()) if (!open.has(id)) holders.delete(id);
      counts.cancelled += cancelled;
      return cancelled;
    },
    async enqueue(slices, options) {
      const added = await queue.enqueue(slices, options);
      counts.enqueued += added;
      return added;
    },
  });
}
