/**
 * The backfill, what it takes and reports, and the contracts for adapters of your own.
 *
 * @module barfill
 */

// One rate limiter for several backfills.
export { type BottleneckLimiterOptions, bottleneckLimiter } from "./adapters/bottleneck/index.ts";
// The backfill and what it takes.
export { type Backfill, createBackfill } from "./backfill.ts";
// The contracts, for adapters of your own.
export type { Arrivals } from "./contracts/arrivals.ts";
export type { Asset, AssetList } from "./contracts/asset-list.ts";
export type { BarPage, BarSource, FetchPageOptions, PageRequest, SourceLimits } from "./contracts/bar-source.ts";
export type { BarStore, CommitCounts } from "./contracts/bar-store.ts";
export type { Clock } from "./contracts/clock.ts";
export type { BackfillEvent, EventDetails, Observer } from "./contracts/observer.ts";
export type { Quarantine, QuarantinedSymbol } from "./contracts/quarantine.ts";
export type { RateBudget, RateLimiter } from "./contracts/rate-limiter.ts";
export type { RunHistory, RunRecord } from "./contracts/run-history.ts";
export type {
  EnqueueOptions,
  Lease,
  LeaseOptions,
  OpenFilter,
  Progress,
  RetryOptions,
  RunCounts,
  RunFailure,
  RunFilter,
  RunningRun,
  RunResult,
  RunState,
  SliceQueue,
} from "./contracts/slice-queue.ts";
export { RUN_STATES } from "./contracts/slice-queue.ts";
// Errors.
export {
  BarfillError,
  type Disposition,
  type ErrorsByCode,
  isBarfillError,
  LeaseLostError,
  OptionsError,
  RateLimitedError,
  RunAbandonedError,
  SourceAccessError,
  SourceDataError,
  type SourceDetails,
  SourceRejectedError,
  SourceUnavailableError,
  StoreError,
  SymbolRejectedError,
} from "./errors.ts";
export type { RetryPolicy } from "./executor/retry.ts";
export type { Ending } from "./executor/run-lease.ts";
export type { RunTotals } from "./executor/tally.ts";
export type { WorkedRun, WorkOptions, WorkSummary } from "./executor/worker.ts";
export { type LogLevel, type LogObserverOptions, logObserver } from "./log-observer.ts";
// The model.
export type { BadBar, Bar, SeriesBars } from "./model/bar.ts";
export { type Coverage, type CoveredSpan, type Gap, gapsOf } from "./model/coverage.ts";
export type { ErrorCode, RunError, RunErrorCode } from "./model/error-code.ts";
export type { EpochMs, Interval } from "./model/interval.ts";
/** What can be done with intervals: `merge`, `subtract`, `intersect`, `clip`, `contains`, `isEmpty`, and their text. */
// biome-ignore lint/performance/noReExportAll: one name for all of its functions, shaken off all the same.
export * as intervals from "./model/interval.ts";
export type { JobDefinition, RefusedJob } from "./model/job.ts";
export type { Label, MarketSymbol } from "./model/names.ts";
export type { OptionsIssue } from "./model/options-issue.ts";
export type {
  BatchReport,
  EmptyReason,
  EmptySeries,
  FailedRun,
  RefusedSymbol,
  Report,
  RunEndings,
  SeriesState,
  SeriesStatus,
} from "./model/report.ts";
export { ADJUSTMENTS, type Adjustment, FEEDS, type Feed, type Series, seriesKey } from "./model/series.ts";
export {
  alwaysOpen,
  calendarFor,
  type MarketHours,
  nyseCalendar,
  type Session,
  type TradingCalendar,
} from "./model/session.ts";
export { makeSlice, type Slice, seriesOf } from "./model/slice.ts";
export {
  type DayAnchor,
  parseTimeframe,
  TIMEFRAME_ALIASES,
  TIMEFRAMES,
  type Timeframe,
  type TimeframeInput,
} from "./model/timeframe.ts";
export type { BackfillOptions } from "./options/backfill-options.ts";
export type { BackfillRequest, ReaskOptions, Requests } from "./options/request.ts";
export type { AdjustmentInput, InstantInput } from "./options/words.ts";
export { type Advice, type AdviceInput, advise } from "./planners/advice.ts";
export {
  type Certainty,
  type CostModel,
  type Estimate,
  INITIAL_COST_MODEL,
  type Observed,
} from "./planners/cost-model.ts";
export type { PlanEstimate } from "./planners/estimate.ts";
// Planners, and what one is given.
export { type FixedWindowOptions, fixedWindow } from "./planners/fixed-window.ts";
export { type PageBudgetOptions, pageBudget } from "./planners/page-budget.ts";
export type { PlanInput, Planner } from "./planners/planner.ts";
export { type DefineJobsOptions, defineJobs, jobRequest } from "./planning/jobs.ts";
export type { Plan } from "./planning/plan.ts";
export type { TickOptions } from "./planning/queue-jobs.ts";
export type { Wanted } from "./planning/wanted.ts";
// What a report and a history look like over time.
export { type CoverageCell, type CoverageMap, type CoverageRow, coverageMaps } from "./reporting/coverage-map.ts";
export { type ProgressMeter, type ProgressSnapshot, type ProgressTotals, progressMeter } from "./reporting/progress.ts";
export { type ActivityBucket, runActivity, slowestRuns } from "./reporting/run-activity.ts";
