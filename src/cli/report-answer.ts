import type { RunHistory, RunRecord } from "../contracts/run-history.ts";
import type { RunCounts } from "../contracts/slice-queue.ts";
import type { EpochMs } from "../model/interval.ts";
import type { Report, SeriesState } from "../model/report.ts";
import { busiestMinute } from "../reporting/busiest-minute.ts";
import type { CoverageMap, CoverageRow } from "../reporting/coverage-map.ts";
import { type ActivityBucket, runActivity, slowestRuns } from "../reporting/run-activity.ts";
import { type FailedRuns, failedRuns } from "./failed-runs.ts";
import type { Rate } from "./rate.ts";

/** What `barfill report --json` prints, and what its page holds. Times in ms since the epoch. */
export interface ReportAnswer {
  readonly target: string;
  readonly provider: string;
  readonly at: EpochMs;
  readonly complete: boolean;
  readonly series: Readonly<Record<SeriesState, number>> & { readonly all: number };
  /** Of the time that is wanted of all series: 0 to 1. */
  readonly coveredShare: number;
  readonly withheld: number;
  readonly queue: readonly RunCounts[];
  /** Allowed, by the settings. */
  readonly requestsPerMinute: Rate;
  /** Over the time of the runs that are remembered. */
  readonly activity: readonly ActivityBucket[];
  /** Requests sent in it, at least: those of leases before the last one are not in it. */
  readonly busiestMinute: number;
  /** How many runs `activity` and `slowest` were made from, and how many the queue remembers. */
  readonly history: { readonly runs: number; readonly total: number };
  readonly slowest: readonly RunRecord[];
  /** Why runs failed. */
  readonly failed: readonly FailedRuns[];
  readonly quarantined: Report["quarantined"];
  readonly coverage: readonly CoverageAnswer[];
}

/** A map without its picture. */
export interface CoverageAnswer extends Omit<CoverageMap, "rows" | "columnMs"> {
  readonly rows: readonly Omit<CoverageRow, "cells">[];
}

export interface ReportAnswerInput {
  readonly target: string;
  readonly provider: string;
  readonly at: EpochMs;
  readonly requestsPerMinute: Rate;
  readonly report: Report;
  readonly maps: readonly CoverageMap[];
  readonly queue: readonly RunCounts[];
  readonly history: RunHistory;
}

const BUCKETS = 60;
const SLOWEST = 20;

export function reportAnswer(input: ReportAnswerInput): ReportAnswer {
  const { target, provider, at, requestsPerMinute, report, maps, queue, history } = input;
  const rows = maps.flatMap((map) => map.rows);
  const activity = runActivity(history.runs, BUCKETS);
  return {
    target,
    provider,
    at,
    complete: report.complete,
    series: countsOf(report),
    coveredShare: meanOf(rows.map((row) => row.coveredShare)),
    withheld: report.withheld.length,
    queue,
    requestsPerMinute,
    activity,
    busiestMinute: busiestMinute(activity),
    history: { runs: history.runs.length, total: history.total },
    slowest: slowestRuns(history.runs, SLOWEST),
    failed: failedRuns(report.failed),
    quarantined: report.quarantined,
    coverage: maps.map(({ rows, columnMs: _, ...map }) => ({ ...map, rows: rows.map(({ cells: _, ...row }) => row) })),
  };
}

/** Of nothing that is wanted all is covered. */
function meanOf(shares: readonly number[]): number {
  return shares.length === 0 ? 1 : shares.reduce((sum, share) => sum + share, 0) / shares.length;
}

function countsOf({ series }: Report): ReportAnswer["series"] {
  const counts = { all: 0, covered: 0, partly: 0, missing: 0, withheld: 0, quarantined: 0, failed: 0 };
  for (const { state } of series) {
    counts.all++;
    counts[state]++;
  }
  return counts;
}
