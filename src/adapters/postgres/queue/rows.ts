import {
  type Lease,
  type LeaseOptions,
  type Progress,
  RUN_STATES,
  type RunCounts,
  type RunFilter,
  type RunningRun,
  type RunState,
} from "../../../contracts/slice-queue.ts";
import type { RunError } from "../../../model/error-code.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Slice } from "../../../model/slice.ts";
import type { Arguments } from "../functions.ts";
import { isNumber, isString, objectOf, orNull, type Shape } from "../shapes.ts";

/** Slices come back as they went in; what tells them from anything else is their id. */
export const isSlice = objectOf({ id: isString }) as Shape<Slice>;
export const isRunState: Shape<RunState> = (value): value is RunState => RUN_STATES.some((state) => state === value);

interface LeaseRow {
  readonly slice: Slice;
  readonly attempt: number;
  readonly expires_at_ms: EpochMs;
  readonly expiries: number;
  readonly before: Progress | null;
}

export const isLeaseRow = objectOf<LeaseRow>({
  slice: isSlice,
  attempt: isNumber,
  expires_at_ms: isNumber,
  expiries: isNumber,
  before: orNull(objectOf<Progress>({ percent: isNumber, bars: isNumber, requests: isNumber })),
});

const NOTHING_YET: Progress = Object.freeze({ percent: 0, bars: 0, requests: 0 });

export function toLease(
  { slice, attempt, expires_at_ms, expiries, before }: LeaseRow,
  { workerId, token }: LeaseOptions,
): Lease {
  return { slice, workerId, token, expiresAt: expires_at_ms, attempt, expiries, before: before ?? NOTHING_YET };
}

interface RunningRow {
  readonly slice: Slice;
  readonly worker_id: string;
  readonly attempt: number;
  readonly since_ms: EpochMs;
  readonly expires_at_ms: EpochMs;
  readonly bars: number;
}

export const isRunningRow = objectOf<RunningRow>({
  slice: isSlice,
  worker_id: isString,
  attempt: isNumber,
  since_ms: isNumber,
  expires_at_ms: isNumber,
  bars: isNumber,
});

export function toRunning({ slice, worker_id, attempt, since_ms, expires_at_ms, bars }: RunningRow): RunningRun {
  return { slice, workerId: worker_id, attempt, since: since_ms, expiresAt: expires_at_ms, bars };
}

interface CountRow {
  readonly label: string | null;
  readonly state: RunState;
  readonly runs: number;
  readonly bars: number;
}

export const isCountRow = objectOf<CountRow>({
  label: orNull(isString),
  state: isRunState,
  runs: isNumber,
  bars: isNumber,
});

/** Runs without a label first, then by label in code units, which no collation sorts by, then by state. */
export function toCounts(rows: readonly CountRow[]): RunCounts[] {
  const sorted = [...rows].sort(
    (a, b) => compareLabels(a.label, b.label) || RUN_STATES.indexOf(a.state) - RUN_STATES.indexOf(b.state),
  );
  return sorted.map(({ label, ...count }) => (label === null ? count : { label, ...count }));
}

function compareLabels(a: string | null, b: string | null): number {
  if (a === b) return 0;
  if (a === null || b === null) return a === null ? -1 : 1;
  return a < b ? -1 : 1;
}

/** The parameters of the functions that take a filter; null matches every run. */
export function filterArgs({ ids, label, timeframe, provider, states }: RunFilter): Arguments {
  return {
    p_ids: ids ?? null,
    p_label: label ?? null,
    p_timeframe: timeframe ?? null,
    p_provider: provider ?? null,
    p_states: states ?? null,
  };
}

/** The parameters that tell how far a run came; null where nobody says. */
export function progressArgs(progress: Progress | undefined): Arguments {
  return {
    p_percent: progress?.percent ?? null,
    p_bars: progress?.bars ?? null,
    p_requests: progress?.requests ?? null,
  };
}

/** The parameters of an error. PostgreSQL: no text holds a NUL, and no JSON half a surrogate pair. */
export function errorArgs(error: RunError | undefined): Arguments {
  const text = (value: string | undefined) => value?.replace(/\0|\p{Surrogate}/gu, "\uFFFD") ?? null;
  return { p_code: text(error?.code), p_message: text(error?.message) };
}
