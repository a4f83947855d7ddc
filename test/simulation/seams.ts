import type { BarStore } from "../../src/contracts/bar-store.ts";
import type { Quarantine } from "../../src/contracts/quarantine.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import { StoreError } from "../../src/errors.ts";
import type { SeamFaults } from "./fault-schedule.ts";
import type { Owner } from "./scheduler.ts";
import type { World } from "./world.ts";

const CALM: SeamFaults = { before: 0, after: 0, halting: 0, stalls: 0 };

/** How long a message takes, either way. */
export function delayOf({ chance, setting }: World): number {
  return chance.happens(0.4) ? 0 : chance.int(0, setting.slowestMs);
}

/** A call over a wire that may fail on the way there, on the way back, or take its time. */
export async function callOver<T>(
  world: World,
  process: Owner,
  what: string,
  faults: SeamFaults,
  effect: () => Promise<T>,
): Promise<T> {
  const { scheduler, chance, counts, outstanding } = world;
  const { before, after, halting, stalls } = world.isCalm ? CALM : faults;
  outstanding.set(process, (outstanding.get(process) ?? 0) + 1);
  try {
    const stallMs = chance.happens(stalls) ? chance.int(500, 40_000) : 0;
    const roll = chance.next();
    if (roll < before + halting) {
      counts.seamFaults++;
      await scheduler.wait(delayOf(world) + stallMs, `${what} fails`);
      const disposition = roll < halting ? "halt" : "retry";
      throw new StoreError(`${what} failed before it was done`, { disposition });
    }
    const done: { outcome?: Promise<T> } = {};
    await scheduler.send(delayOf(world) + stallMs, what, () => {
      done.outcome = effect();
      // A dead sender hears nothing of it.
      done.outcome.catch(() => {});
    });
    const answer = await done.outcome?.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const isLost = roll < before + halting + after;
    const backMs = delayOf(world);
    if (backMs > 0 || isLost) await scheduler.wait(backMs, isLost ? `${what} answer is lost` : `${what} answer`);
    if (isLost) {
      counts.seamFaults++;
      throw new StoreError(`${what} was done, and the answer is lost`, { disposition: "retry" });
    }
    if (answer === undefined || "error" in answer) throw answer?.error;
    return answer.value;
  } finally {
    outstanding.set(process, (outstanding.get(process) ?? 0) - 1);
  }
}

export function storeOver(world: World, process: Owner): BarStore {
  const { store, schedule, planted } = world;
  const over = <T>(what: string, effect: () => Promise<T>) => callOver(world, process, what, schedule.store, effect);
  const seam: BarStore = {
    commit: (bars, covered) => over("commit", () => store.commit(bars, covered)),
    coverage: (series, within) => over("coverage", () => store.coverage(series, within)),
    async *read(series, within) {
      yield* await over("read", async () => {
        const bars = [];
        for await (const bar of store.read(series, within)) bars.push(bar);
        return bars;
      });
    },
  };
  return planted.store?.(seam) ?? seam;
}

export function quarantineOver(world: World, process: Owner): Quarantine {
  const { quarantine, schedule, planted } = world;
  const over = <T>(what: string, effect: () => Promise<T>) => callOver(world, process, what, schedule.store, effect);
  const seam: Quarantine = {
    add: (entry) => over(`quarantine ${entry.symbol}`, () => quarantine.add(entry)),
    list: (provider) => over("quarantine list", () => quarantine.list(provider)),
    lift: (provider, symbols) => over("quarantine lift", () => quarantine.lift(provider, symbols)),
  };
  return planted.quarantine?.(seam) ?? seam;
}

/** `watched` is the queue that all share, with whoever watches who holds what. */
export function queueOver(world: World, process: Owner, watched: SliceQueue): SliceQueue {
  const over = <T>(what: string, effect: () => Promise<T>) =>
    callOver(world, process, what, world.schedule.queue, effect);
  return {
    enqueue: (slices, options) => over(`enqueue ${slices.length}`, () => watched.enqueue(slices, options)),
    lease: (options) => over("lease", () => watched.lease(options)),
    renew: (lease, progress, ttlMs) => over(`renew ${short(lease)}`, () => watched.renew(lease, progress, ttlMs)),
    complete: (lease, result) => over(`complete ${short(lease)}`, () => watched.complete(lease, result)),
    retry: (lease, options) => over(`retry ${short(lease)}`, () => watched.retry(lease, options)),
    fail: (lease, error, progress) =>
      over(`fail ${short(lease)} ${error.code}`, () => watched.fail(lease, error, progress)),
    cancel: (filter) => over("cancel", () => watched.cancel(filter)),
    requeue: (filter) => over("requeue", () => watched.requeue(filter)),
    open: (filter) => over("open", () => watched.open(filter)),
    running: (filter) => over("running", () => watched.running(filter)),
    failures: (ids) => over(`failures ${ids.length}`, async () => watched.failures?.(ids) ?? []),
    counts: (filter) => over("counts", () => watched.counts(filter)),
  };
}

function short({ slice }: { readonly slice: { readonly id: string } }): string {
  return slice.id.slice(0, 6);
}
