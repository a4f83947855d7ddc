import type { Lease, Progress } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import type { EpochMs } from "../model/interval.ts";
import type { ExecutorContext } from "./context.ts";
import { backoffMs } from "./retry.ts";

/** What a heartbeat wants to know of a lease, and whom it tells. */
export interface Beating {
  /** Asked at every beat. */
  progress(): Progress;
  /** Called once, when a renewal says that the lease is lost. It is not renewed any more. */
  onLost(error: unknown): void;
}

/** A lease that a heartbeat keeps alive. */
export interface KeptLease {
  /** As last renewed, on the queue's clock. */
  readonly expiresAt: EpochMs;
  /** Lets the lease be; resolves when no renewal of it is under way any more. */
  release(): Promise<void>;
}

/** Keeps the leases of a worker alive. */
export interface Heartbeat {
  keep(lease: Lease, beating: Beating): KeptLease;
}

interface Kept extends Beating {
  readonly lease: Lease;
  expiresAt: EpochMs;
  underWay: Promise<boolean> | undefined;
}

/**
 * One timer a worker: every third of a lease all leases in hand are renewed in one turn, which a queue can make one
 * statement of. A beat that fails is followed by the next one sooner. One that does not come back holds up nothing but
 * the leases that are in it. There is no timer while nothing is in hand.
 */
export function createHeartbeat({ queue, clock, random, retry, leaseMs }: ExecutorContext): Heartbeat {
  const intervalMs = leaseMs / 3;
  const inHand = new Set<Kept>();
  /** Ends the beating; there while a lease is in hand, or lost and not let be yet. */
  let stop: AbortController | undefined;

  async function beat(over: AbortSignal): Promise<void> {
    let pauseMs = intervalMs;
    for (let failures = 0; ; ) {
      await clock.sleep(pauseMs, over);
      const isWell = await within(intervalMs, over, Promise.all([...inHand].map(renewed)));
      failures = isWell === undefined || isWell.every(Boolean) ? 0 : failures + 1;
      if (isWell === undefined) pauseMs = 0;
      else pauseMs = failures === 0 ? intervalMs : Math.min(intervalMs, backoffMs(failures, retry, random()));
    }
  }

  /** False when it failed with what may heal; a lease whose renewal is under way is left to that. */
  function renewed(kept: Kept): Promise<boolean> {
    kept.underWay ??= renew(kept).finally(() => (kept.underWay = undefined));
    return kept.underWay;
  }

  async function renew(kept: Kept): Promise<boolean> {
    try {
      ({ expiresAt: kept.expiresAt } = await queue.renew(kept.lease, kept.progress(), leaseMs));
      return true;
    } catch (error) {
      // Anything else may heal before the lease runs out; if it does not, completion is refused.
      if (!isBarfillError(error, "LEASE_LOST")) return false;
      if (inHand.delete(kept)) kept.onLost(error);
      return true;
    }
  }

  /** What `result` resolves with; `undefined` when that takes longer than `ms`. */
  async function within<T>(ms: number, over: AbortSignal, result: Promise<T>): Promise<T | undefined> {
    const waiting = new AbortController();
    const end = () => waiting.abort();
    over.addEventListener("abort", end, { once: true });
    const late = clock.sleep(ms, waiting.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([result, late]);
    } finally {
      end();
      over.removeEventListener("abort", end);
      await late;
      over.throwIfAborted();
    }
  }

  return {
    keep(lease, beating) {
      const kept: Kept = { ...beating, lease, expiresAt: lease.expiresAt, underWay: undefined };
      if (stop === undefined) {
        stop = new AbortController();
        // Ends by being stopped.
        beat(stop.signal).catch(() => {});
      }
      inHand.add(kept);
      return {
        get expiresAt() {
          return kept.expiresAt;
        },
        async release() {
          inHand.delete(kept);
          if (inHand.size === 0) {
            stop?.abort();
            stop = undefined;
          }
          await kept.underWay;
        },
      };
    },
  };
}
