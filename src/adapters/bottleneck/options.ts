import type { Clock } from "../../contracts/clock.ts";
import { OptionsError } from "../../errors.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";
import { shownIfWord } from "../../model/shown.ts";
import { systemClock } from "../../system-clock.ts";

/** What {@link bottleneckLimiter} takes. */
export interface BottleneckLimiterOptions {
  /**
   * A ceiling, but for `burst` and `makeUp`; 0.001 or more; fractions are kept. Beyond some 25,000 (430 a second)
   * Bottleneck itself is slower than the rate. `"learn"`: nobody knows; begins with 200 and finds out.
   */
  readonly requestsPerMinute: number | "learn";
  /**
   * Requests that may leave at once after a pause: the size of the service's own bucket, a whole number of 1 or more.
   * They are saved up at the rate, so a minute may see `burst` more than `requestsPerMinute`. Default 1: evenly spaced,
   * and no minute sees more than the rate. Less than the service's bucket leaves room for the network's jitter.
   */
  readonly burst?: number;
  /**
   * The most requests that a hold kept back and that are made up for after it, by leaving up to 10 % faster: so many
   * more than the rate may leave in a minute then. A whole number of 0 or more, and never more than a third of a
   * minute's. The service's bucket must hold as many: it filled while they were held. Default 0: none.
   */
  readonly makeUp?: number;
  /** Requests under way at a time, a whole number of 1 or more. Default: no bound. */
  readonly maxConcurrent?: number;
  /**
   * Times holds and what is saved up. Bottleneck itself keeps to the machine's timers, so this must run at their
   * speed, or say that it is simulated, as a `fakeClock` does: then turns are timed by it too. Default: the machine's
   * clock.
   */
  readonly clock?: Clock;
}

/** One request in 16 hours. A slower rate would need waits beyond what timers hold, 2^31 - 1 ms. */
export const SLOWEST_PER_MINUTE = 0.001;

/** The options with their defaults. Throws {@link OptionsError} with every problem. */
export function resolveOptions(options: BottleneckLimiterOptions): Required<BottleneckLimiterOptions> {
  const { requestsPerMinute, burst = 1, makeUp = 0, maxConcurrent, clock = systemClock } = options;
  const issues: OptionsIssue[] = [];
  const reject = (path: string, expected: string, value: unknown) =>
    issues.push({ path, expected, received: shownIfWord(value) });

  const isRate = Number.isFinite(requestsPerMinute) && Number(requestsPerMinute) >= SLOWEST_PER_MINUTE;
  if (!isRate && requestsPerMinute !== "learn") {
    reject("requestsPerMinute", `a finite number of ${SLOWEST_PER_MINUTE} or more, or "learn"`, requestsPerMinute);
  }
  if (makeUp !== 0 && !isCount(makeUp)) reject("makeUp", "a whole number of 0 or more", makeUp);
  if (!isCount(burst)) reject("burst", "a whole number of 1 or more", burst);
  if (maxConcurrent !== undefined && !isCount(maxConcurrent)) {
    reject("maxConcurrent", "a whole number of 1 or more", maxConcurrent);
  }
  if (issues.length > 0) throw new OptionsError(issues);
  return { requestsPerMinute, burst, makeUp, maxConcurrent: maxConcurrent ?? Number.POSITIVE_INFINITY, clock };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
