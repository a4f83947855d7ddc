import type { EpochMs } from "../model/interval.ts";
import { backoffMs, type RetryPolicy } from "./retry.ts";

/** So many requests in a row, of whatever slices, come to nothing before the source counts as gone. */
const FAILURES = 4;

/** The longest hold: the rate is back half a minute after the source is. */
const LONGEST_HOLD_MS = 30_000;

/** After so many holds in a row, a minute or so, a source that never answered is given up; any other one is gone. */
const HOLDS_UNTIL_GONE = 8;

/** Of the longest hold, what each failure adds to the time for which a slice asked in vain lets others ask. */
const STEP_ASIDE = 1 / 15;

/** Nobody may ask for a while. */
export interface Hold {
  /** When the next request may leave. */
  readonly until: EpochMs;
  /** False after a request that was under way when this was decided: it says nothing new, and costs no try. */
  readonly isNew: boolean;
}

/** Whether the source answers anybody. */
export interface OutageWatch {
  /** How often all were held so far: what a request is to remember of the moment at which it left. */
  readonly holds: number;
  /** True of a source that has answered nothing yet, for so long that its address or the way to it must be wrong. */
  readonly isHopeless: boolean;
  /** True while nobody is answered, for a minute or longer, and others wait for a turn: no try of a run is spent. */
  readonly isGone: boolean;
  /** How long whoever asked a source that is gone is to let others ask, in ms. */
  readonly stepAsideMs: number;
  /** Takes note of an answer to slice `id`, a refusal as well. */
  answered(id: string): void;
  /**
   * Takes note at `now` that a request of slice `id` came to nothing which left after so many `holds`; absent while
   * that is this request's affair.
   */
  failed(id: string, holds: number, now: EpochMs): Hold | undefined;
  /** Takes note that a page of slice `id` has failed `tries` times in a row, which are all it has. */
  usedUp(id: string, tries: number): void;
  /** Takes note of whether more runs may be due than were leased. */
  leased(mayBeMore: boolean): void;
}

/**
 * Tells an outage from a slice that fails. While nobody is answered, all that each slice can do by itself is use up its
 * tries: at 200 requests a minute, 41 of 1,000 slices were given up in five minutes, and 915 requests sent for nothing.
 * So everybody is held, for waits that double, and each of them costs one try of one slice: with four in flight it
 * takes half an hour until the first slice is given up. Of an hour that cost 5 of 1,000 slices, of eight hours 60.
 *
 * So after a minute, each slice that was asked in vain goes back to the queue, no try spent, and lets others ask, for a
 * tenth of the time that the source has been gone: ever more of them are asked. Either one is answered, or all that
 * are left were asked in vain, which a claim tells that comes short; then each has its tries, as one that is alone.
 *
 * Slices that fail among others that do not are told by that, and hold nobody: of 100 slices, ten that always fail held
 * the others up for half an hour. Those of a long outage were no such slices if they are answered after it.
 *
 * What was under way is told by the number of holds, not by the time: a clock that is set back would make that of all
 * that leaves, and no try would be counted until it is where it was. A time would tell how long the source has been
 * gone as badly; the number of failures does.
 */
export function watchForOutage(retry: RetryPolicy, random: () => number): OutageWatch {
  const policy = { ...retry, maxDelayMs: Math.min(retry.maxDelayMs, LONGEST_HOLD_MS) };
  /** Since the last answer; each from the fourth on made a hold. */
  let failures = 0;
  let holds = 0;
  let hasAnswered = false;
  let until = Number.NEGATIVE_INFINITY;
  let hasOthers = false;
  /** Slices that failed since the last answer. */
  const unanswered = new Set<string>();
  /** Slices that failed while others were answered, and were not since: what they meet tells nothing of the source. */
  const suspects = new Set<string>();
  const isLong = () => failures >= FAILURES - 1 + HOLDS_UNTIL_GONE;
  return {
    get holds() {
      return holds;
    },
    get isHopeless() {
      return !hasAnswered && isLong();
    },
    get isGone() {
      return hasOthers && isLong();
    },
    get stepAsideMs() {
      return failures * policy.maxDelayMs * STEP_ASIDE;
    },
    answered(id) {
      if (isLong()) for (const other of unanswered) suspects.add(other);
      suspects.delete(id);
      unanswered.clear();
      hasAnswered = true;
      failures = 0;
    },
    failed(id, before, now) {
      if (before < holds) return { until, isNew: false };
      if (suspects.has(id)) return undefined;
      unanswered.add(id);
      failures++;
      if (failures < FAILURES) return undefined;
      holds++;
      until = now + backoffMs(failures - FAILURES + 1, policy, random());
      return { until, isNew: true };
    },
    usedUp(id, tries) {
      if (failures < tries) suspects.add(id);
    },
    leased(mayBeMore) {
      hasOthers = mayBeMore && (hasOthers || failures === 0);
    },
  };
}
