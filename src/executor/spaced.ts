import type { Clock } from "../contracts/clock.ts";
import type { RateLimiter } from "../contracts/rate-limiter.ts";
import { MINUTE_MS } from "../model/units.ts";
import { steadyClock } from "../steady-clock.ts";
import { unlessAborted } from "../time-limit.ts";

/**
 * `limiter` for whoever has a share of its allowance: requests get their turn from it, and leave
 * `60,000 / requestsPerMinute` ms apart at least. What it learns and holds, it learns and holds for all.
 *
 * One at a time stands in the limiter's line, the others wait behind it: those that stood there together would leave at
 * the whole rate when a hold is over.
 */
export function spaced(limiter: RateLimiter, requestsPerMinute: number, machineClock: Clock): RateLimiter {
  const clock = steadyClock(machineClock);
  const spacingMs = MINUTE_MS / requestsPerMinute;
  let freeAt = Number.NEGATIVE_INFINITY;
  /** Resolves when all that were asked for have left, or given up. */
  let line = Promise.resolve();
  return {
    async schedule(request, options) {
      const signal = options?.signal;
      const ahead = line;
      let leave = (): void => {};
      const gone = new Promise<void>((resolve) => {
        leave = resolve;
      });
      line = ahead.then(() => gone);
      try {
        await (signal === undefined ? ahead : unlessAborted(signal, () => ahead));
        await clock.sleep(freeAt - clock.now(), signal);
        return await limiter.schedule(() => {
          freeAt = clock.now() + spacingMs;
          leave();
          return request();
        }, options);
      } finally {
        leave();
      }
    },
    observe: (budget) => limiter.observe(budget),
    holdUntil: (time) => limiter.holdUntil(time),
  };
}
