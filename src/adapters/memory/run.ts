import {
  type Lease,
  type Progress,
  RUN_STATES,
  type RunCounts,
  type RunFilter,
  type RunningRun,
  type RunState,
} from "../../contracts/slice-queue.ts";
import type { RunError } from "../../model/error-code.ts";
import { groupBy } from "../../model/group-by.ts";
import { clip, type EpochMs, type Interval, merge } from "../../model/interval.ts";
import { seriesKey } from "../../model/series.ts";
import { type Slice, seriesOf } from "../../model/slice.ts";

/** One slice's life. */
export interface Run {
  readonly slice: Slice;
  readonly arrival: number;
  state: RunState;
  attempt: number;
  expiries: number;
  /** As last reported. */
  progress: Progress;
  /** There exactly while the run is `running`. */
  lease: Lease | undefined;
  /** When it was last claimed. */
  since: EpochMs;
  /** There while the run is `failed`. */
  failure: { readonly error: RunError; readonly at: EpochMs } | undefined;
}

/** A run under a lease. */
export type LeasedRun = Run & { lease: Lease };

/** True when `run` is held under `token`. */
export function isHeldUnder(token: string, run: Run | undefined): run is LeasedRun {
  return run?.lease?.token === token;
}

/** Tells which runs match every field that `filter` has. */
export function matcher({ ids, label, timeframe, provider, states }: RunFilter): (run: Run) => boolean {
  const wanted = ids === undefined ? undefined : new Set(ids);
  return ({ slice, state }) =>
    (wanted === undefined || wanted.has(slice.id)) &&
    (label === undefined || label === slice.label) &&
    (timeframe === undefined || timeframe === slice.timeframe) &&
    (provider === undefined || provider === slice.provider) &&
    (states === undefined || states.includes(state));
}

/** Tells which slices, save those that ask again, hold a part of what one of `runs` will fetch. */
export function takenBy(runs: readonly Run[]): (slice: Slice) => boolean {
  const taken = new Map<string, readonly Interval[]>();
  const spans = runs.flatMap(({ slice }) =>
    seriesOf(slice).map((series) => [seriesKey(series), slice.interval] as const),
  );
  for (const [key, of] of groupBy(spans, ([key]) => key)) taken.set(key, merge(of.map(([, interval]) => interval)));
  return (slice) =>
    slice.again === undefined &&
    seriesOf(slice).some((series) =>
      taken.get(seriesKey(series))?.some((interval) => clip(interval, slice.interval) !== undefined),
    );
}

/** The runs under a lease, the longest claimed first. */
export function runningOf(runs: Iterable<Run>): RunningRun[] {
  const running = [...runs].sort((a, b) => a.since - b.since || a.arrival - b.arrival);
  return running.flatMap(({ slice, attempt, since, progress, lease }) => {
    if (lease === undefined) return [];
    return [{ slice, workerId: lease.workerId, attempt, since, expiresAt: lease.expiresAt, bars: progress.bars }];
  });
}

/** One row a label and state, runs without a label first, then by label in code units, then by state. */
export function countRuns(runs: Iterable<Run>): RunCounts[] {
  const rows = new Map<string, RunCounts>();
  for (const { slice, state, progress } of runs) {
    const key = JSON.stringify([slice.label ?? null, state]);
    const row = rows.get(key);
    rows.set(key, {
      ...(slice.label === undefined ? {} : { label: slice.label }),
      state,
      runs: (row?.runs ?? 0) + 1,
      bars: (row?.bars ?? 0) + progress.bars,
    });
  }
  return [...rows.values()].sort(byLabelAndState);
}

function byLabelAndState(a: RunCounts, b: RunCounts): number {
  if (a.label === b.label) return RUN_STATES.indexOf(a.state) - RUN_STATES.indexOf(b.state);
  if (a.label === undefined || b.label === undefined) return a.label === undefined ? -1 : 1;
  return a.label < b.label ? -1 : 1;
}
