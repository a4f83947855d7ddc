import type { EpochMs } from "../../model/interval.ts";
import { MINUTE_MS } from "../../model/units.ts";

export interface AllowanceOptions {
  /** The rate at the start, in requests a minute. */
  readonly start: number;
  /** Never faster than this, in requests a minute; `Infinity` where nobody knows. */
  readonly most: number;
}

/**
 * What a service allows a minute, learned from what it does: additive up, multiplicative down. Knows no clock but the
 * times that it is given, which ascend.
 *
 * It rests on one fact about a token bucket: at a refusal the bucket is empty, so what was served from one refusal to
 * the next is what was refilled between them. That is measured, where halving and groping would have to guess.
 */
export interface Allowance {
  /** Requests a minute, now. */
  readonly rate: number;
  /** False while it still looks for a rate that nothing bounds. */
  readonly isSteady: boolean;
  /** A request left; `saturated` when another one already waits. Only those who use their rate may have more. */
  left(now: EpochMs, saturated: boolean): void;
  /** A request was answered. */
  served(): void;
  /**
   * A request that left at `leftAt` was refused for the rate. Tells what of: of the rate, of everything whatever the
   * rate is, or nothing new, as those that left before the last cut.
   */
  refused(leftAt: EpochMs, now: EpochMs): "rate" | "everything" | "nothing-new";
  /** The service named its limit, in requests a minute. */
  told(limit: number): void;
}

/** How much faster a search becomes each second: 10,000 a minute are found within a minute. */
const SEARCH_STEP = 200;
/** Fewer are no measure: 20 are right within 5 %, and the next measure is of minutes. */
const LEAST_MEASURED = 20;
/** After a measured refusal it leaves by so much slower, and is back within {@link RECOVERY_S}. */
const BACK_OFF = 0.95;
const RECOVERY_S = 30;
/**
 * Beyond the rate that was measured it gropes by one in a hundred a minute, and so far. A full bucket hides as much.
 */
const PROBE_SHARE = 0.01;
const PROBE_MOST = 1.08;
/** A service that names its limit is believed: it goes back there by a tenth a minute. */
const TOLD_SHARE = 0.1;
/** Nothing was refused for so long: what was measured is not true any more. */
const FORGET_MS = 20 * MINUTE_MS;
/** Rates change in steps of a second, because each change costs the pace its timers. */
const STEP_MS = 1000;
/** No storm of refusals brings it below this, in requests a minute. */
const LEAST_RATE = 1;

export function learnAllowance({ start, most }: AllowanceOptions): Allowance {
  let ceiling = most;
  let rate = start;
  /** The rate that the service was measured to serve. */
  let knee: number | undefined;
  /** How much faster a second, until the knee or, without one, the ceiling. */
  let step = SEARCH_STEP;
  let toldLimit: number | undefined;
  let cutAt: EpochMs = Number.NEGATIVE_INFINITY;
  let servedSinceCut = 1;
  /** What the last cut changed, if it was of a rate that had been served. */
  let beforeCut: { readonly rate: number; readonly knee: number | undefined; readonly step: number } | undefined;
  let steppedAt: EpochMs | undefined;
  /** The last refusal since which the rate was used all the time. */
  let mark: { readonly at: EpochMs; served: number } | undefined;

  function goBy(seconds: number, now: EpochMs): void {
    if (knee !== undefined && now - cutAt >= FORGET_MS) {
      knee = undefined;
      step = rate / 60;
    }
    if (knee === undefined) rate += step * seconds;
    else if (rate < knee) rate = Math.min(knee, rate + step * seconds);
    else if (toldLimit !== undefined) rate += (knee * TOLD_SHARE * seconds) / 60;
    else rate = Math.max(rate, Math.min(knee * PROBE_MOST, rate + (knee * PROBE_SHARE * seconds) / 60));
    rate = Math.min(rate, ceiling);
  }

  /** Nobody knows yet how far it went over: little the first time, then half each time until that can be measured. */
  function cutBy(share: number): void {
    const before = rate;
    rate = Math.max(Math.min(LEAST_RATE, ceiling), rate * share);
    step = knee === undefined ? before / 60 : Math.max(knee - rate, 0) / RECOVERY_S;
  }

  function settleOn(measured: number): void {
    // The truth lies between: the rate was refused, and what was measured is too little where the bucket ran over, or
    // where the refusal was not about the rate and cost time. What is served beyond the rate was cut too far: of a rate
    // that was fourteen times too high a fifth would be missing for as long as nothing is refused.
    // A service that named its limit, and served about that, keeps its word.
    const keepsWord = toldLimit !== undefined && measured >= 0.8 * rate;
    knee = keepsWord ? rate : Math.min(ceiling, Math.max(measured, (measured + rate) / 2));
    rate = Math.max(BACK_OFF * knee, rate / 2);
    step = (knee * (1 - BACK_OFF)) / RECOVERY_S;
  }

  /**
   * Nothing was served since the last cut, though the bucket had time for two requests: so everything is refused, and
   * not for the rate. Waiting helps then, and going slower does not.
   */
  function takeBackCut(now: EpochMs): "everything" | "nothing-new" {
    if (beforeCut === undefined || (now - cutAt) * rate < 2 * MINUTE_MS) return "nothing-new";
    ({ rate, knee, step } = beforeCut);
    beforeCut = undefined;
    mark = undefined;
    return "everything";
  }

  return {
    get rate() {
      return rate;
    },
    get isSteady() {
      return knee !== undefined || ceiling < Number.POSITIVE_INFINITY;
    },
    left(now, saturated) {
      if (!saturated) {
        mark = undefined;
        steppedAt = now;
      } else if (steppedAt === undefined) {
        steppedAt = now;
      } else if (now - steppedAt >= STEP_MS) {
        // After a hold or a pause, one step: the time in between was not used.
        if (rate < ceiling) goBy(Math.min(now - steppedAt, 2 * STEP_MS) / 1000, now);
        steppedAt = now;
      }
    },
    served() {
      servedSinceCut++;
      if (mark !== undefined) mark.served++;
    },
    refused(leftAt, now) {
      if (leftAt <= cutAt) return "nothing-new";
      if (servedSinceCut === 0) return takeBackCut(now);
      beforeCut = servedSinceCut >= LEAST_MEASURED ? { rate, knee, step } : undefined;
      if (mark !== undefined && mark.served >= LEAST_MEASURED) {
        settleOn((mark.served * MINUTE_MS) / (now - mark.at));
        mark = { at: now, served: 0 };
      } else {
        cutBy(mark === undefined ? 0.75 : 0.5);
        mark ??= { at: now, served: 0 };
      }
      cutAt = now;
      servedSinceCut = 0;
      steppedAt = now;
      return "rate";
    },
    told(limit) {
      if (limit === toldLimit) return;
      toldLimit = limit;
      ceiling = Math.min(most, limit);
      rate = ceiling;
      knee = undefined;
      mark = undefined;
    },
  };
}
