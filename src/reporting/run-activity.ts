import type { RunRecord } from "../contracts/run-history.ts";
import type { EpochMs } from "../model/interval.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../model/units.ts";

/** What runs did in one stretch of time, half-open. */
export interface ActivityBucket {
  /** Inclusive. */
  readonly start: EpochMs;
  /** Exclusive: where the next bucket starts. */
  readonly end: EpochMs;
  /** Runs that ended in it. */
  readonly success: number;
  /** Runs that failed in it for good; tries that were repeated do not count. */
  readonly failed: number;
  /** Runs that were cancelled in it after they had been started. */
  readonly cancelled: number;
  /** Bars that the runs that ended in it wrote, under all their leases. */
  readonly bars: number;
  /** Requests of runs that are over, under their last lease, each run's spread evenly over that; may be a fraction. */
  readonly requests: number;
  /** `requests`, as a rate. */
  readonly requestsPerMinute: number;
}

/** Lengths that people think in. */
const BUCKETS_MS = [
  ...[1, 2, 5, 10, 30].map((seconds) => seconds * 1000),
  ...[1, 2, 5, 10, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 3, 6, 12].map((hours) => hours * HOUR_MS),
  ...[1, 2, 7, 14, 28, 91, 364].map((days) => days * DAY_MS),
];

/**
 * `runs` over time, in `most` buckets or fewer (2 or more), from the first start to the last end; those without
 * anything in them included. Empty when no run is over. Pure.
 */
export function runActivity(runs: readonly RunRecord[], most: number): ActivityBucket[] {
  const over = runs.flatMap((run) => (run.finishedAt === undefined ? [] : [{ ...run, finishedAt: run.finishedAt }]));
  if (over.length === 0) return [];
  const first = over.reduce((least, { startedAt }) => Math.min(least, startedAt), Number.POSITIVE_INFINITY);
  const last = over.reduce((greatest, { finishedAt }) => Math.max(greatest, finishedAt), Number.NEGATIVE_INFINITY);
  const bucketMs = bucketFor(first, last, most);
  const start = Math.floor(first / bucketMs) * bucketMs;
  const count = Math.floor((last - start) / bucketMs) + 1;
  const sums = Array.from({ length: count }, () => ({ success: 0, failed: 0, cancelled: 0, bars: 0, requests: 0 }));

  for (const { state, startedAt, finishedAt, bars, requests } of over) {
    const to = Math.floor((finishedAt - start) / bucketMs);
    const ended = sums[to];
    if (ended === undefined) continue;
    if (state === "success" || state === "failed" || state === "cancelled") ended[state]++;
    ended.bars += bars;
    // A run may have taken no time at all on a coarse clock.
    const lengthMs = Math.max(1, finishedAt - startedAt);
    for (let i = Math.floor((startedAt - start) / bucketMs); i <= to; i++) {
      const bucket = sums[i];
      if (bucket === undefined) continue;
      const from = Math.max(startedAt, start + i * bucketMs);
      const until = Math.min(startedAt + lengthMs, start + (i + 1) * bucketMs);
      bucket.requests += (requests * Math.max(0, until - from)) / lengthMs;
    }
  }
  return sums.map((sum, i) => ({
    start: start + i * bucketMs,
    end: start + (i + 1) * bucketMs,
    ...sum,
    requestsPerMinute: (sum.requests * MINUTE_MS) / bucketMs,
  }));
}

/**
 * The `most` runs whose last lease took longest, the longest first. Left out are runs that are not over, and those that
 * were cancelled: nobody knows how long they lay in the queue since their last lease. Pure.
 */
export function slowestRuns(runs: readonly RunRecord[], most: number): RunRecord[] {
  const lengthOf = ({ startedAt, finishedAt }: RunRecord) => (finishedAt ?? 0) - startedAt;
  return runs
    .filter(({ state, finishedAt }) => finishedAt !== undefined && (state === "success" || state === "failed"))
    .sort((a, b) => lengthOf(b) - lengthOf(a))
    .slice(0, most);
}

/** The shortest length with which a span takes no more than `most` buckets, wherever it begins. */
function bucketFor(first: EpochMs, last: EpochMs, most: number): number {
  const fits = (ms: number) => Math.floor(last / ms) - Math.floor(first / ms) < most;
  return BUCKETS_MS.find(fits) ?? Math.ceil((last - first) / Math.max(1, most - 1)) + 1;
}
