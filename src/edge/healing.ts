import { emitTo } from "../executor/emit.ts";
import { DEFAULT_RETRY } from "../executor/retry.ts";
import { type Healed, LONGEST_DELAY_MS, untilHealed } from "../executor/until-healed.ts";
import type { BackfillOptions } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";

/**
 * Until `signal`, as a worker asks its queue: it has nothing better to do, and the observer hears of each failure. Only
 * for what is harmless to repeat: an answer can be lost after the work was done.
 */
export function healing(options: BackfillOptions, signal: AbortSignal): Healed {
  const { clock = systemClock, random = Math.random, observer } = options;
  const policy = { ...DEFAULT_RETRY, ...options.retry };
  const retry = { ...policy, maxDelayMs: Math.min(policy.maxDelayMs, LONGEST_DELAY_MS) };
  const emit = emitTo(observer, clock);
  return (call) =>
    untilHealed(
      { clock, random, retry },
      {
        attempts: Number.POSITIVE_INFINITY,
        signal,
        onRetry: (error, delayMs) => emit({ type: "queue-failing", delayMs, error }),
      },
      call,
    );
}
