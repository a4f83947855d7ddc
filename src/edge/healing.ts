import { emitTo } from "../executor/emit.ts";
import { DEFAULT_RETRY } from "../executor/retry.ts";
import { type Healed, untilHealed } from "../executor/until-healed.ts";
import type { BackfillOptions } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";

/**
 * Until `signal`, as a worker asks its queue: it has nothing better to do, and the observer hears of each failure. Only
 * for what is harmless to repeat: an answer can be lost after the work was done.
 */
export function healing(options: BackfillOptions, signal: AbortSignal): Healed {
  const { clock = systemClock, random = Math.random, observer } = options;
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  const emit = emitTo(observer, clock);
  return (call) =>
    untilHealed(
      { clock, random, retry },
      {
        goesOn: () => true,
        signal,
        onRetry: (error, delayMs) => emit({ type: "queue-failing", delayMs, error }),
      },
      call,
    );
}
