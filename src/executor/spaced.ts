import type { Clock } from "../contracts/clock.ts";
import type { RateLimiter } from "../contracts/rate-limiter.ts";
import { MINUTE_MS } from "../model/new-york.ts";
import { steadyClock } from "../steady-clock.ts";

/**
 * `limiter` for whoever has a share of its allowance: requests get their turn from it, and leave
 * `60,000 / requestsPerMinute` ms apart at least. What it learns and holds, it learns and holds for all.
 */
export function spaced(limiter: RateLimiter, requestsPerMinute: number, machineClock: Clock): RateLimiter {
  const clock = steadyClock(machineClock, () => {});
  const spacingMs = MINUTE_MS / requestsPerMinute;
  let freeAt = Number.NEGATIVE_INFINITY;
  return {
    async schedule(request, options) {
      const now = clock.now();
      const at = Math.max(now, freeAt);
      freeAt = at + spacingMs;
      if (at > now) await clock.sleep(at - now, options?.signal);
      return limiter.schedule(() => {
        // It may have waited for its turn.
        freeAt = Math.max(freeAt, clock.now() + spacingMs);
        return request();
      }, options);
    },
    observe: (budget) => limiter.observe(budget),
    holdUntil: (time) => limiter.holdUntil(time),
  };
}
