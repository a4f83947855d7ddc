import type { Clock } from "../contracts/clock.ts";
import type { EpochMs } from "../model/interval.ts";
import { MINUTE_MS } from "../model/units.ts";

/** What a slice asks of the store and of the quarantine. */
export type StoreQuestion = "commit" | "coverage" | "quarantine";

/** How long a page in hand waits for a store that takes nobody's. */
const PATIENCE_MS = 10 * MINUTE_MS;

/** Whether the store answers anybody. */
export interface StorePatience {
  /** Takes note of an answer. */
  answered(what: StoreQuestion): void;
  /** Whether a question of slice `id` that failed first at `since`, and has ever since, waits on, its tries used up. */
  waitsOn(what: StoreQuestion, since: EpochMs, id: string): boolean;
  /** Whether slice `id` is one of several that nobody answers, and never failed while others were answered. */
  isGoneFor(id: string): boolean;
}

/**
 * Tells a store that is gone, or full, from a slice that fails. While others are answered, a slice has its tries; while
 * nobody is, a try less for each of them would give all of them up within minutes, and the pages in hand, which cost a
 * request each. Of each kind by itself: a full disk takes no commit, and tells what is covered all the same.
 *
 * A slice whose last try is used up so has not failed: the store is, and needs a person. In eight hours of a full disk,
 * 32 of 1,000 slices were given up. One that failed while others were answered has failed for good all the same: ten of
 * those in a hundred would stop the work before the others had their turn.
 */
export function storePatience(clock: Clock): StorePatience {
  const answeredAt = new Map<StoreQuestion, EpochMs>();
  /** Since the last answer. */
  const unanswered = new Map<StoreQuestion, Set<string>>();
  const failedAlone = new Set<string>();
  return {
    answered(what) {
      answeredAt.set(what, clock.now());
      unanswered.delete(what);
    },
    waitsOn(what, since, id) {
      const isAlone = (answeredAt.get(what) ?? Number.NEGATIVE_INFINITY) >= since;
      if (isAlone) {
        failedAlone.add(id);
        return false;
      }
      unanswered.set(what, (unanswered.get(what) ?? new Set()).add(id));
      return clock.now() - since < PATIENCE_MS;
    },
    isGoneFor: (id) => !failedAlone.has(id) && [...unanswered.values()].some((ids) => ids.size > 1 && ids.has(id)),
  };
}
