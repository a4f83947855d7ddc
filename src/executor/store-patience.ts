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
  /** Whether a question that failed first at `since`, and has ever since, waits on, though its tries are used up. */
  waitsOn(what: StoreQuestion, since: EpochMs): boolean;
}

/**
 * Tells a store that is gone, or full, from a slice that fails. While others are answered, a slice has its tries; while
 * nobody is, a try less for each of them would give all of them up within minutes, and the pages in hand, which cost a
 * request each. Of each kind by itself: a full disk takes no commit, and tells what is covered all the same.
 */
export function storePatience(clock: Clock): StorePatience {
  const answeredAt = new Map<StoreQuestion, EpochMs>();
  return {
    answered: (what) => void answeredAt.set(what, clock.now()),
    waitsOn(what, since) {
      const isAlone = (answeredAt.get(what) ?? Number.NEGATIVE_INFINITY) >= since;
      return !isAlone && clock.now() - since < PATIENCE_MS;
    },
  };
}
