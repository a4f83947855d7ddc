import {
  type Lease,
  RUN_STATES,
  type RunCounts,
  type RunError,
  type RunFilter,
  type RunState,
} from "../../../contracts/slice-queue.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Slice } from "../../../model/slice.ts";

export interface LeaseRow {
  readonly slice: Slice;
  readonly worker_id: string;
  readonly attempt: number;
  readonly expires_at_ms: EpochMs;
}

export function toLease(row: LeaseRow, token: string): Lease {
  return { slice: row.slice, workerId: row.worker_id, token, expiresAt: row.expires_at_ms, attempt: row.attempt };
}

export interface CountRow {
  readonly label: string | null;
  readonly state: RunState;
  readonly runs: number;
  readonly bars: number;
}

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
export function filterParams({ ids, label, timeframe, provider, states }: RunFilter): unknown[] {
  return [ids ?? null, label ?? null, timeframe ?? null, provider ?? null, states ?? null];
}

/** The parameters of an error. PostgreSQL: no text holds a NUL. */
export function errorParams(error: RunError | undefined): (string | null)[] {
  const text = (value: string | undefined) => value?.replaceAll("\0", "\uFFFD") ?? null;
  return [text(error?.code), text(error?.message)];
}
