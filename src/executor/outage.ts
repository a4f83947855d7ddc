import type { EpochMs } from "../model/interval.ts";
import { backoffMs, type RetryPolicy } from "./retry.ts";

/** So many requests in a row, of whatever slices, come to nothing before the source counts as gone. */
const FAILURES = 4;

/** The longest hold: the rate is back half a minute after the source is. */
const LONGEST_HOLD_MS = 30_000;

/** After so many holds, a minute or so, a source that never answered is given up. */
const HOLDS_AT_FIRST = 8;

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
  /** Takes note of an answer, a refusal as well. */
  answered(): void;
  /**
   * Takes note at `now` that a request came to nothing which left after so many `holds`; absent while that is this
   * request's affair.
   */
  failed(holds: number, now: EpochMs): Hold | undefined;
}

/**
 * Tells an outage from a slice that fails. While nobody is answered, all that each slice can do by itself is use up its
 * tries: at 200 requests a minute, 41 of 1,000 slices were given up in five minutes, and 915 requests sent for nothing.
 * So everybody is held, for waits that double, and each of them costs one try of one slice: with four in flight it
 * takes half an hour until the first slice is given up. A slice that fails alone, because nothing else is left, ends in
 * three to five minutes.
 *
 * What was under way is told by the number of holds, not by the time: a clock that is set back would make that of all
 * that leaves, and no try would be counted until it is where it was.
 */
export function watchForOutage(retry: RetryPolicy, random: () => number): OutageWatch {
  const policy = { ...retry, maxDelayMs: Math.min(retry.maxDelayMs, LONGEST_HOLD_MS) };
  /** Since the last answer; each from the fourth on made a hold. */
  let failures = 0;
  let holds = 0;
  let hasAnswered = false;
  let until = Number.NEGATIVE_INFINITY;
  return {
    get holds() {
      return holds;
    },
    get isHopeless() {
      return !hasAnswered && holds >= HOLDS_AT_FIRST;
    },
    answered() {
      hasAnswered = true;
      failures = 0;
    },
    failed(before, now) {
      if (before < holds) return { until, isNew: false };
      failures++;
      if (failures < FAILURES) return undefined;
      holds++;
      until = now + backoffMs(failures - FAILURES + 1, policy, random());
      return { until, isNew: true };
    },
  };
}
