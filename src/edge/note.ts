import type { RunningRun } from "../contracts/slice-queue.ts";
import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";

export interface TickFacts {
  readonly claimed: number;
  readonly queued: number;
  readonly running: readonly RunningRun[];
  readonly maxConcurrentRuns: number;
  readonly now: EpochMs;
  /** The time was up. */
  readonly isLate: boolean;
  readonly halted: RunError | undefined;
  /** Why the queue gave no run when it was last asked; absent when it answered. */
  readonly unclaimed: RunError | undefined;
}

/** Why the tick ended where it did, in a sentence for the log: above all, why nothing was claimed. */
export function noteOf({
  claimed,
  queued,
  running,
  maxConcurrentRuns,
  now,
  isLate,
  halted,
  unclaimed,
}: TickFacts): string {
  const live = running.filter(({ expiresAt }) => expiresAt > now);
  if (halted !== undefined) return `halted: ${halted.code}`;
  if (queued === 0 && live.length === 0) return "nothing is left to do";
  if (queued === 0) return `nothing is queued, ${live.length} running`;
  if (claimed > 0 && isLate) return `the time was up, ${queued} queued for the next tick`;
  const [oldest] = live;
  if (oldest !== undefined && live.length >= maxConcurrentRuns) {
    const seconds = Math.round((now - oldest.since) / 1000);
    const until = new Date(oldest.expiresAt).toISOString();
    return (
      `${queued} queued, but ${live.length} are running and ${maxConcurrentRuns} may: the longest for ${seconds} s, ` +
      `by ${oldest.workerId}, whose lease ends at ${until} unless it is renewed`
    );
  }
  if (isLate && unclaimed !== undefined)
    return `${queued} queued, but the queue failed until the time was up: ${unclaimed.message}`;
  if (isLate) return `the time was up before a run could start, ${queued} queued`;
  return `${queued} queued, none due: they wait for their next try`;
}
