import assert from "node:assert/strict";
import type { Lease, LeaseOptions, RunCounts, RunResult, SliceQueue } from "../../../contracts/slice-queue.ts";
import { isBarfillError } from "../../../errors.ts";
import { makeSlice, type Slice } from "../../../model/slice.ts";
import { HOUR_MS } from "../../../model/units.ts";

export const TTL_MS = 60_000;

export const RESULT: RunResult = { bars: 10, requests: 1 };
export const ERROR = { code: "SOURCE_UNAVAILABLE", message: "the source answered 503" };

/** The slice of the hour `hour`; another hour is another slice. */
export function sliceAt(hour: number, parts: Partial<Omit<Slice, "id">> = {}): Slice {
  return makeSlice({
    provider: "test",
    symbols: ["IBM", "SPY"],
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start: hour * HOUR_MS, end: (hour + 1) * HOUR_MS },
    priority: 0,
    estimate: { bars: 120, pages: 1 },
    ...parts,
  });
}

/** `count` slices of consecutive hours. */
export function slices(count: number, parts: Partial<Omit<Slice, "id">> = {}): Slice[] {
  return Array.from({ length: count }, (_, hour) => sliceAt(hour, parts));
}

export function newToken(): string {
  return crypto.randomUUID();
}

/** Claims up to `limit` runs, one by default, under a token of its own unless one is given. */
export function claim(queue: SliceQueue, options: Partial<LeaseOptions> = {}): Promise<Lease[]> {
  return queue.lease({ workerId: "worker", token: newToken(), limit: 1, ttlMs: TTL_MS, ...options });
}

/** Claims exactly one run; fails when none is due. */
export async function claimOne(queue: SliceQueue, options: Partial<LeaseOptions> = {}): Promise<Lease> {
  const [lease, ...more] = await claim(queue, options);
  assert.ok(lease !== undefined, "a run is due");
  assert.equal(more.length, 0);
  return lease;
}

/** The moment on the queue's clock at which `lease` was claimed with {@link TTL_MS}. */
export function claimedAt(lease: Lease): number {
  return lease.expiresAt - TTL_MS;
}

export function idsOf(all: readonly (Lease | Slice)[]): string[] {
  return all.map((one) => ("slice" in one ? one.slice.id : one.id));
}

/** Fails unless `call` rejects with the {@link LeaseLostError} of this lease's slice. */
export async function assertLost(call: Promise<unknown>, lease: Lease): Promise<void> {
  await assert.rejects(
    call,
    (error) => isBarfillError(error, "LEASE_LOST") && error.sliceId === lease.slice.id,
    "the lease is lost",
  );
}

/** How many runs are in each state, over all labels; states without runs are left out. */
export async function runsByState(queue: SliceQueue): Promise<Record<string, number>> {
  return sumByState(await queue.counts(), "runs");
}

/** The bars of the runs in each state, over all labels; states without runs are left out. */
export async function barsByState(queue: SliceQueue): Promise<Record<string, number>> {
  return sumByState(await queue.counts(), "bars");
}

function sumByState(counts: readonly RunCounts[], field: "runs" | "bars"): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of counts) sums[row.state] = (sums[row.state] ?? 0) + row[field];
  return sums;
}
