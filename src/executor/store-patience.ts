import type { Clock } from "../contracts/clock.ts";
import type { EpochMs } from "../model/interval.ts";
import { MINUTE_MS } from "../model/units.ts";

/** What a slice asks of the store and of the quarantine. */
export type StoreQuestion = "commit" | "coverage" | "quarantine";

/** How long a page in hand waits for a store that takes nobody's. */
const PATIENCE_MS = 10 * MINUTE_MS;

/** Whether the store answers anybody. */
export interface StorePatience {
  /** A question that slice `id` begins to ask, which may fail `attempts` times by itself. */
  asks(what: StoreQuestion, id: string, attempts: number): PatientQuestion;
  /** Whether slice `id` is one of several that nobody answers, and never failed for good while others were answered. */
  isGoneFor(id: string): boolean;
}

export interface PatientQuestion {
  /** Takes note of a failure, and tells whether to try again. */
  goesOn(): boolean;
  /** Takes note of the answer. */
  answered(): void;
}

/**
 * Tells a store that is gone, or full, from a slice that fails. While others are answered, a slice has its tries; while
 * nobody is, a try less for each of them would give all of them up within minutes, and the pages in hand, which cost a
 * request each. Of each kind by itself: a full disk takes no commit, and tells what is covered all the same. What a
 * slice had tried while nobody was answered counts for nothing when the store is back: its last failure may be told
 * after another one's first answer.
 *
 * A slice whose last try is used up so has not failed: the store is, and needs a person. In eight hours of a full disk,
 * 32 of 1,000 slices were given up. One that failed while others were answered has failed for good all the same: ten of
 * those in a hundred would stop the work before the others had their turn.
 */
export function storePatience(clock: Clock): StorePatience {
  const answers: Record<StoreQuestion, number> = { commit: 0, coverage: 0, quarantine: 0 };
  /** Since the last answer. */
  const unanswered: Record<StoreQuestion, Set<string>> = {
    commit: new Set(),
    coverage: new Set(),
    quarantine: new Set(),
  };
  const failedAlone = new Set<string>();

  function asks(what: StoreQuestion, id: string, attempts: number): PatientQuestion {
    let tries = 0;
    let since: EpochMs | undefined;
    let answersBefore = 0;
    let hasWaited = false;
    return {
      goesOn() {
        if (since === undefined) {
          since = clock.now();
          answersBefore = answers[what];
        }
        tries++;
        if (tries < attempts) return true;
        if (answers[what] === answersBefore) {
          hasWaited = true;
          unanswered[what].add(id);
          return clock.now() - since < PATIENCE_MS;
        }
        if (!hasWaited) {
          failedAlone.add(id);
          return false;
        }
        hasWaited = false;
        tries = 1;
        answersBefore = answers[what];
        return true;
      },
      answered() {
        answers[what]++;
        unanswered[what].clear();
      },
    };
  }

  return {
    asks,
    isGoneFor: (id) => !failedAlone.has(id) && Object.values(unanswered).some((ids) => ids.size > 1 && ids.has(id)),
  };
}
