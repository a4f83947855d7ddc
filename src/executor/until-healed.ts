import { isBarfillError } from "../errors.ts";
import type { RunError } from "../model/error-code.ts";
import type { ExecutorContext } from "./context.ts";
import { backoffMs, toRunError } from "./retry.ts";

/** The longest wait before a queue or store that is waited for is asked again: nothing to a server, of one worker. */
const LONGEST_DELAY_MS = 10_000;

/**
 * Calls the store, the queue or the quarantine, and again where that may help. What it calls must be safe to repeat.
 */
export type Healed = <T>(call: () => Promise<T>) => Promise<T>;

export interface HealOptions {
  /** Whether to try again after a failure that may heal, of which it was number `failures`; 1 or more. */
  readonly goesOn: (failures: number) => boolean;
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
  { goesOn, signal, onRetry }: HealOptions,
  call: () => Promise<T>,
): Promise<T> {
  const policy = { ...retry, maxDelayMs: Math.min(retry.maxDelayMs, LONGEST_DELAY_MS) };
  for (let failures = 1; ; failures++) {
    try {
      return await call();
    } catch (error) {
      signal?.throwIfAborted();
      if (!mayHeal(error) || !goesOn(failures)) throw error;
      const delayMs = backoffMs(failures, policy, random());
      onRetry?.(toRunError(error), delayMs, failures);
      await clock.sleep(delayMs, signal);
    }
  }
}

/** Whether the store or the queue failed, and may not the next time. */
export function mayHeal(error: unknown): boolean {
  return isBarfillError(error, "STORE_FAILED") && error.disposition === "retry";
}
