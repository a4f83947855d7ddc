import type { Lease, SliceQueue } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import type { EventBody } from "../executor/context.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { Slice } from "../model/slice.ts";
import { pagesIn } from "../planners/estimate.ts";

/** As whom slices are held, under a token that no claim had before, and for how long at a time. */
export interface Hold {
  readonly workerId: string;
  readonly token: string;
  readonly ttlMs: number;
}

/** What those need who replace slices from time to time. */
export interface ReplaceParts {
  /** A hold with a token that no claim had before. */
  readonly hold: () => Hold;
  readonly emit: (event: EventBody) => void;
}

export interface ReplaceOptions {
  readonly queue: SliceQueue;
  readonly provider: string;
  readonly hold: Hold;
  readonly healed: Healed;
  /** Heeded while nothing was queued yet: then everything goes back as it was. */
  readonly signal: AbortSignal;
}

/** How many slices left the queue for good, how many came, and the pages that they are expected to take. */
export interface Replaced {
  readonly before: number;
  readonly after: number;
  readonly pages: { readonly before: number; readonly after: number };
}

/**
 * Puts what `cut` makes of the slices `ids` in their place, as far as they are due and nobody has them. It also hears
 * the ids of those that were tried before: what comes in their place has all its tries again.
 *
 * They are leased first, in one call that tells which ones they are, and cancelled last. So they are in the queue all
 * the while: no plan takes them for a gap, nobody takes the queue for drained, and they come back by themselves when
 * this process dies. Rejected: to cancel them first. `cancel` answers a count, so that takes a call a slice, 100 in a
 * row, and what a process that dies has taken is in no queue.
 *
 * Somebody else's cancellation holds. One that comes before the new slices are queued hits the old ones: their leases
 * turn out to be lost then, and the new slices are withdrawn. One that comes later hits the new slices itself. Not
 * promised: that one by id reaches what its slices have become, and anything when this process dies between the two.
 *
 * Rejects with what the queue or `cut` reject with; the old slices are given back then too, or come back when their
 * leases end, and what of them is covered by then is not asked for again.
 */
export async function replaceSlices(
  ids: readonly string[],
  cut: (slices: readonly Slice[], tried: ReadonlySet<string>) => Promise<readonly Slice[]>,
  { queue, provider, hold, healed, signal }: ReplaceOptions,
): Promise<Replaced> {
  let held = await healed(() => queue.lease({ ...hold, provider, ids, limit: ids.length }));
  try {
    while (held.length > 0 && !signal.aborted) {
      const tried = held.filter(({ attempt, expiries }) => attempt > 1 || expiries > 0);
      const slices = await cut(
        held.map(({ slice }) => slice),
        idsOf(tried.map(({ slice }) => slice)),
      );
      const stays = idsOf(slices);
      const goes = held.filter(({ slice }) => !stays.has(slice.id));
      const old = idsOf(held.map(({ slice }) => slice));
      const fresh = slices.filter(({ id }) => !old.has(id));
      await healed(() => queue.enqueue(fresh));
      const kept = await stillHeld(held);
      if (kept.length === held.length) {
        await healed(() => queue.cancel({ ids: goes.map(({ slice }) => slice.id), states: ["running"] }));
        held = kept.filter(({ slice }) => stays.has(slice.id));
        const pages = { before: pagesIn(goes.map(({ slice }) => slice)), after: pagesIn(fresh) };
        return { before: goes.length, after: fresh.length, pages };
      }
      await healed(() => queue.cancel({ ids: fresh.map(({ id }) => id) }));
      held = kept;
    }
    return { before: 0, after: 0, pages: { before: 0, after: 0 } };
  } finally {
    await Promise.allSettled(held.map(giveBack));
  }

  async function stillHeld(leases: readonly Lease[]): Promise<Lease[]> {
    const renewed = leases.map(async (lease) => {
      try {
        return [await healed(() => queue.renew(lease, lease.before, hold.ttlMs))];
      } catch (error) {
        if (isBarfillError(error, "LEASE_LOST")) return [];
        throw error;
      }
    });
    return (await Promise.all(renewed)).flat();
  }

  function giveBack(lease: Lease): Promise<void> {
    // Due at once, by the queue's clock.
    return queue.retry(lease, { notBefore: lease.expiresAt - hold.ttlMs, attemptSpent: false });
  }
}

function idsOf(slices: readonly Slice[]): ReadonlySet<string> {
  return new Set(slices.map(({ id }) => id));
}
