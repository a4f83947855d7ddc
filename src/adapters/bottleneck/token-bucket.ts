import type { EpochMs } from "../../model/interval.ts";

/** A token bucket that starts full: what may leave at once because it did not leave before. */
export interface TokenBucket {
  /** Takes one if two are there; the other belongs to the pace, whose turns take theirs through {@link take}. */
  trySpend(now: EpochMs): boolean;
  take(now: EpochMs): void;
  /** Leaves one at most, and adds none before `time`. */
  emptyUntil(time: EpochMs): void;
  /** Goes on at another rate, and holds `capacity` at most. */
  refit(now: EpochMs, capacity: number, spacingMs: number): void;
}

/**
 * A full bucket of `capacity`, one more every `spacingMs`.
 *
 * The bucket is never overdrawn: {@link TokenBucket.trySpend} leaves one or more, and turns of a pace are `spacingMs`
 * apart, in which one comes back. (A turn that comes early by the rounding of timers overdraws by that millisecond.)
 */
export function tokenBucket(capacity: number, spacingMs: number, now: EpochMs): TokenBucket {
  let size = capacity;
  let refillMs = spacingMs;
  let held = capacity;
  let asOf = now;

  const bringUpTo = (time: EpochMs) => {
    if (time <= asOf) return;
    held = Math.min(size, held + (time - asOf) / refillMs);
    asOf = time;
  };
  return {
    trySpend(time) {
      bringUpTo(time);
      if (held < 2) return false;
      held -= 1;
      return true;
    },
    take(time) {
      bringUpTo(time);
      held -= 1;
    },
    emptyUntil(time) {
      bringUpTo(time);
      held = Math.min(held, 1);
    },
    refit(time, newCapacity, newSpacingMs) {
      bringUpTo(time);
      size = newCapacity;
      refillMs = newSpacingMs;
      held = Math.min(held, size);
    },
  };
}
