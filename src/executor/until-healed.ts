import type { RunError } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import type { ExecutorContext } from "./context.ts";
import { backoffMs, toRunError } from "./retry.ts";

/** The longest wait before a queue that fails is asked again: one question a worker is nothing to a server. */
export const QUEUE_DELAY_MS = 10_000;

/** Calls the store, the queue or the quarantine, and again where that may help. What it calls must be safe to repeat. */
export type Healed = <T>(call: () => Promise<T>) => Promise<T>;

export interface HealOptions {
  /** Tries before the error is passed on. */
  readonly attempts: number;
  /** Ends the tries; absent where a stop does not cut them short. */
  readonly signal?: AbortSignal | undefined;
  /** Hears of every failure that is tried again; the first one has `attempt` 1. */
  readonly onRetry?: (error: RunError, delayMs: number, attempt: number) => void;
}

/**
 * Calls the store or the queue, and again while it fails with an error that may heal. `call` must be safe to repeat:
 * an answer can be lost after the work was done.
 */
export async function untilHealed<T>(
  { clock, random, retry }: Pick<ExecutorContext, "clock" | "random" | "retry">,
  { attempts, signal, onRetry }: HealOptions,
  call: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      const mayHeal = isBarfillError(error, "STORE_FAILED") && error.disposition === "retry";
      if (!mayHeal || failures >= attempts) throw error;
      const delayMs = backoffMs(failures, retry, random());
      onRetry?.(toRunError(error), delayMs, failures);
      await clock.sleep(delayMs, signal);
    }
  }
}
