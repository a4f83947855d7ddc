import Bottleneck from "bottleneck/light.js";
import type { Clock } from "../../contracts/clock.ts";

/** Deals out turns, evenly spaced. A turn is the moment at which one request may leave. */
export interface Pace {
  /** Calls `onTurn` once, when the next turn comes; the first comes at once. */
  askForTurn(onTurn: () => void): void;
  /** Drops the turns that have not come, with their timers. */
  retire(): void;
}

/**
 * Turns `spacingMs` apart; fractions are kept over many turns, single ones come up to 1 ms early.
 *
 * A pace never changes: Bottleneck's `updateSettings` leaves turns that already have a timer at the old spacing.
 * Its reservoir is not used: it refills on a 250 ms interval that only Node can leave behind at exit, lets a refill's
 * worth through beyond the service's bucket, and stops refilling after any `updateSettings`.
 */
export function openPace(spacingMs: number): Pace {
  const bottleneck = new Bottleneck({ minTime: spacingMs });
  let retired = false;
  return {
    askForTurn(onTurn) {
      bottleneck
        .schedule(async () => {
          if (!retired) onTurn();
        })
        // The only rejection is Bottleneck's own, of the turns that `stop` drops.
        .catch(() => {});
    },
    retire() {
      retired = true;
      void bottleneck.stop({ dropWaitingJobs: true });
    },
  };
}

/**
 * The same on a simulated clock, which Bottleneck cannot be given. Beside it a simulated clock runs away: whenever
 * nobody sleeps but a heartbeat, hours go by while Bottleneck waits for its milliseconds.
 */
export function openSimulatedPace(spacingMs: number, clock: Clock): Pace {
  const retirement = new AbortController();
  const { signal } = retirement;
  let nextAt = Number.NEGATIVE_INFINITY;
  // One sleep at a time: Node warns of a leak at eleven listeners on a signal.
  let turns = Promise.resolve();
  const turn = async (onTurn: () => void) => {
    if (signal.aborted) return;
    // Times are whole milliseconds: what is rounded up for one turn is not lost to those after it.
    await clock.sleep(Math.ceil(nextAt - clock.now()), signal);
    const now = clock.now();
    nextAt = (now - nextAt < 1 ? nextAt : now) + spacingMs;
    onTurn();
  };
  return {
    askForTurn(onTurn) {
      turns = turns.then(() => turn(onTurn)).catch(() => {});
    },
    retire: () => retirement.abort(),
  };
}
