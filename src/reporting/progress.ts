import type { BackfillEvent } from "../contracts/observer.ts";
import type { EpochMs } from "../model/interval.ts";
import { MINUTE_MS } from "../model/units.ts";
import { requestsLeft } from "./requests-left.ts";

/** What there is to be done, as far as anybody knows. */
export interface ProgressTotals {
  /** How many there are to work. */
  readonly slices: number;
  /** Expected requests of them all. */
  readonly requests: number;
  /** The rate that may be used; above 0. */
  readonly requestsPerMinute: number;
}

/** How far a backfill is. */
export interface ProgressSnapshot {
  /** Slices that are over, well or badly. */
  readonly slices: number;
  /** Slices that ended badly. */
  readonly failed: number;
  /** Pages that were answered. */
  readonly requests: number;
  /** Bars on those pages, new or held. */
  readonly bars: number;
  /** Requests of the last minute, as a rate; of the time since the start while that is shorter. */
  readonly requestsPerMinute: number;
  /** That rate as a share of the allowed one; above 1 where requests had been saved up. */
  readonly budgetUsed: number;
  /**
   * Until the requests that are left are sent: those that were expected, as much more or fewer as the pages so far have
   * shown. At the rate of the last minute, or while that is shorter at the rate since the first answer, which is not
   * taken for more than the allowed one; absent before the first answer.
   */
  readonly etaMs?: number;
  /** Since `startedAt`; 0 or more. */
  readonly elapsedMs: number;
}

/** Counts along with a backfill. */
export interface ProgressMeter {
  /** To be passed to the backfill as its observer, or called by it. */
  observe(event: BackfillEvent): void;
  /** How far it is at `now`, in ms since the epoch on the same clock as the events. */
  snapshot(now: EpochMs): ProgressSnapshot;
}

/** A meter of work that begins at `startedAt`. Takes its time from the events; starts no timer. */
export function progressMeter(totals: ProgressTotals, startedAt: EpochMs): ProgressMeter {
  const seen = { slices: 0, failed: 0, requests: 0, bars: 0 };
  /** When the pages of the last minute came, oldest first. */
  let recent: EpochMs[] = [];
  let firstAt: EpochMs | undefined;
  const left = requestsLeft(totals.requests);
  const spacingMs = MINUTE_MS / totals.requestsPerMinute;

  return {
    observe(event) {
      left.observe(event);
      if (event.type === "page") {
        seen.requests++;
        seen.bars += event.bars;
        recent.push(event.at);
        firstAt ??= event.at;
      } else if (event.type === "completed" || event.type === "failed") {
        seen.slices++;
        if (event.type === "failed") seen.failed++;
      }
    },
    snapshot(now) {
      recent = recent.filter((at) => at > now - MINUTE_MS);
      const elapsedMs = Math.max(0, now - startedAt);
      // Two seconds at least, so that the first answers do not look like a flood; and the last request pays for the
      // time up to the next one, else a few that are evenly spaced look like more than is allowed.
      const spanMs = Math.min(MINUTE_MS, Math.max(2000, elapsedMs + spacingMs));
      const requestsPerMinute = (recent.length * MINUTE_MS) / spanMs;
      // Connecting and the first look at the database take their time once, and not once a request.
      const answeringMs = Math.min(MINUTE_MS, now - (firstAt ?? now)) + spacingMs;
      const sinceFirst = Math.min(totals.requestsPerMinute, (recent.length * MINUTE_MS) / answeringMs);
      const pace = Math.max(requestsPerMinute, sinceFirst);
      return {
        ...seen,
        requestsPerMinute,
        budgetUsed: requestsPerMinute / totals.requestsPerMinute,
        ...(pace === 0 ? {} : { etaMs: (left.now() / pace) * MINUTE_MS }),
        elapsedMs,
      };
    },
  };
}
