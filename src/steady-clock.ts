import type { Clock } from "./contracts/clock.ts";
import type { EpochMs } from "./model/interval.ts";

/** A clock that never goes back. */
export interface SteadyClock extends Clock {
  /** What `now` will say when the clock beneath says `time`. */
  at(time: EpochMs): EpochMs;
}

/**
 * `clock` made steady: where it is set back, time goes on from where it was, and `onSetBack` is called by the next
 * `now`. Without it, a machine whose clock was two hours ahead would send nothing for two hours.
 */
export function steadyClock(clock: Clock, onSetBack: () => void = () => {}): SteadyClock {
  let behind = 0;
  let last = Number.NEGATIVE_INFINITY;
  return {
    now() {
      const now = clock.now() + behind;
      if (now >= last) return (last = now);
      behind += last - now;
      onSetBack();
      return last;
    },
    at: (time) => time + behind,
    sleep: (ms, signal) => clock.sleep(ms, signal),
  };
}
