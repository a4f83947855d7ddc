import type { Clock } from "../../../src/contracts/clock.ts";

/** A clock that stands still until it is told otherwise. */
export function manualClock(start = 1_700_000_000_000): Clock & { advance(ms: number): Promise<void> } {
  let now = start;
  return {
    now: () => now,
    sleep: () => Promise.reject(new Error("nothing here sleeps")),
    async advance(ms) {
      now += ms;
    },
  };
}
