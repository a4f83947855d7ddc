import type { RunCounts, RunningRun } from "../contracts/slice-queue.ts";
import { defined } from "../model/defined.ts";
import type { EpochMs } from "../model/interval.ts";
import type { ExecutorContext } from "./context.ts";
import { runsIn } from "./runs-in.ts";

/** No sooner is the queue asked again who holds what: the answer has every slice that is held in it. */
const LOOK_AGAIN_MS = 10_000;

/** Tells of what a worker with nothing in hand waits for. */
export interface WaitingNews {
  /** Emits `waiting` where `open`, the counts of what is open, is not what was told; `running` is asked only then. */
  tell(open: readonly RunCounts[]): Promise<void>;
  /** The worker has work again, so that its next wait is told anew. */
  forget(): void;
}

/** `running` lists the runs that others hold. */
export function waitingNews(
  { clock, emit }: Pick<ExecutorContext, "clock" | "emit">,
  running: () => Promise<readonly RunningRun[]>,
): WaitingNews {
  let told: { readonly counted: string; readonly said: string; readonly until: EpochMs } | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  return {
    forget() {
      told = undefined;
    },
    async tell(open) {
      const now = clock.now();
      // A clock that was set back does not silence this until it has caught up.
      if (Math.abs(now - lookedAt) < LOOK_AGAIN_MS) return;
      const queued = runsIn(open, "queued");
      const leased = runsIn(open, "running");
      const counted = `${queued} ${leased}`;
      // A lease that outlives its end was renewed or taken over; before that nobody need be asked.
      if (told?.counted === counted && now < told.until) return;
      lookedAt = now;
      // News is no work: where it cannot be had, the next look brings it.
      const looked = leased === 0 ? [] : await running().catch(() => undefined);
      // What was held has ended meanwhile.
      if (looked === undefined || queued + looked.length === 0) return;
      const held = [...looked].sort((a, b) => a.expiresAt - b.expiresAt);
      const workers = [...new Set(held.map(({ workerId }) => workerId))];
      const until = held[0]?.expiresAt;
      const news = { queued, running: held.length, workers, ...defined({ until }) };
      const said = JSON.stringify(news);
      if (told?.said !== said) emit({ type: "waiting", ...news });
      told = { counted, said, until: until ?? Number.POSITIVE_INFINITY };
    },
  };
}
