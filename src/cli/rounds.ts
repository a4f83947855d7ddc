import type { Backfill } from "../backfill.ts";
import type { Arrivals } from "../contracts/arrivals.ts";
import type { Clock } from "../contracts/clock.ts";
import { barsOf } from "../executor/tally.ts";
import { wakeups } from "../executor/wakeups.ts";
import type { WorkOptions, WorkSummary } from "../executor/worker.ts";

/** How often a worker that stays looks at a queue that was drained, though it heard of nothing. */
const LOOK_AGAIN_MS = 5000;

/** A call of `work` tells of every run that it worked: 1.5 kB each, and 2.7 where each of 50 symbols had bars. */
const MOST_A_ROUND = 10_000;

export interface RoundsInput {
  readonly backfill: Pick<Backfill, "work">;
  readonly clock: Clock;
  readonly arrivals: Arrivals | undefined;
  /** True goes on when the queue is drained, until something else ends it. */
  readonly stay: boolean;
  /** `maxRuns` is of all rounds together. */
  readonly options: WorkOptions & { readonly signal: AbortSignal };
}

/** What all rounds came to, and how the last one ended. Sums alone: a worker that stays must not grow with its work. */
export interface Rounds extends Pick<WorkSummary, "ended" | "halted"> {
  /** How often a run ended so; `returned` are queued again. */
  readonly runs: { success: number; failed: number; returned: number; lost: number };
  readonly requests: number;
  readonly bars: number;
}

/** Works until the queue is drained; with `stay`, again whenever there is something in it. */
export async function workRounds({ backfill, clock, arrivals, stay, options }: RoundsInput): Promise<Rounds> {
  const { signal, maxRuns = Number.POSITIVE_INFINITY, deadline = Number.POSITIVE_INFINITY } = options;
  const sums = { runs: { success: 0, failed: 0, returned: 0, lost: 0 }, requests: 0, bars: 0 };
  const listening = new AbortController();
  const waiting = wakeups(clock, stay ? arrivals : undefined, listening.signal);
  let taken = 0;
  try {
    for (;;) {
      waiting.forgetPast();
      const left = maxRuns - taken;
      const { runs, ended, ...rest } = await backfill.work({ ...options, maxRuns: Math.min(left, MOST_A_ROUND) });
      taken += runs.length;
      for (const { ending, tally } of runs) {
        sums.runs[ending === "retried" ? "returned" : ending]++;
        sums.requests += tally.requests;
        sums.bars += barsOf(tally);
      }
      if (ended === "enough" && taken < maxRuns) continue;
      if (!stay || ended !== "drained") return { ...sums, ended, ...rest };
      // At its deadline the next round stops at once.
      await waiting.wait(Math.min(LOOK_AGAIN_MS, deadline - clock.now()), signal);
      if (signal.aborted) return { ...sums, ended: "stopped" };
    }
  } finally {
    listening.abort();
    await waiting.over;
  }
}
