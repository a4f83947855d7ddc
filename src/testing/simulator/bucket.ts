import type { EpochMs } from "../../model/interval.ts";
import { MINUTE_MS } from "../../model/units.ts";

/** A token bucket: holds `burst` requests and fills at an even rate. */
export interface Bucket {
  /** Takes one request's worth; false, and nothing taken, when less than one is left. */
  take(): boolean;
  /** The whole requests left. */
  remaining(): number;
  /** When the next request is allowed; now when one is left. */
  nextAt(): EpochMs;
  fill(): void;
}

// A refill of exactly one request must not fall short of it by the rounding of many small steps.
const ROUNDING = 1e-9;

export function tokenBucket(requestsPerMinute: number, burst: number, now: () => EpochMs): Bucket {
  const perMs = requestsPerMinute / MINUTE_MS;
  let level = burst;
  let levelAt = now();

  function refill(): void {
    const at = now();
    level = Math.min(burst, level + (at - levelAt) * perMs);
    levelAt = at;
  }

  return {
    take() {
      refill();
      if (level < 1 - ROUNDING) return false;
      level -= 1;
      return true;
    },
    remaining() {
      refill();
      return Math.max(0, Math.floor(level + ROUNDING));
    },
    nextAt() {
      refill();
      return now() + Math.max(0, Math.ceil((1 - ROUNDING - level) / perMs));
    },
    fill() {
      level = burst;
      levelAt = now();
    },
  };
}
