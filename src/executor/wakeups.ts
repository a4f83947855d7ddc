import type { Arrivals } from "../contracts/arrivals.ts";
import type { Clock } from "../contracts/clock.ts";
import type { EpochMs } from "../model/interval.ts";

/** The waiting of a worker that has nothing to lease. */
export interface Wakeups {
  /** Forgets the times that have come; to be called before the queue is asked, so that none is missed in between. */
  forgetPast(): void;
  /** Resolves after `ms`, when a run falls due, or when `signal` aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is listened to any more, after the signal of {@link wakeups} has aborted. */
  readonly over: Promise<void>;
}

/** Listens to `arrivals`, where there are any, until `signal` aborts. */
export function wakeups(clock: Clock, arrivals: Arrivals | undefined, signal: AbortSignal): Wakeups {
  let dueAt: EpochMs[] = [];
  let reconsider = (): void => {};
  const onDue = (inMs: number): void => {
    dueAt.push(clock.now() + inMs);
    reconsider();
  };
  return {
    over: arrivals?.listen(onDue, { clock, signal }) ?? Promise.resolve(),
    forgetPast() {
      const now = clock.now();
      dueAt = dueAt.filter((time) => time > now);
    },
    async wait(ms, wake) {
      const end = clock.now() + ms;
      const next = () => dueAt.reduce((earliest, time) => Math.min(earliest, time), end);
      while (!wake.aborted && clock.now() < next()) {
        // A run that falls due earlier than all that was known cuts the sleep short, not the waiting.
        const sleep = new AbortController();
        reconsider = () => sleep.abort();
        wake.addEventListener("abort", reconsider, { once: true });
        await clock.sleep(Math.min(ms, next() - clock.now()), sleep.signal).catch(() => {});
        wake.removeEventListener("abort", reconsider);
        // It was slept to its end: a clock that was set back meanwhile does not begin it anew.
        if (!sleep.signal.aborted) return;
      }
    },
  };
}
