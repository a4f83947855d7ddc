import type { Lease, Progress, RunResult } from "../../../contracts/slice-queue.ts";
import { LeaseLostError } from "../../../errors.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Arguments, Functions } from "../functions.ts";
import { isNumber, listOf, objectOf } from "../shapes.ts";
import { gather, type Outcome } from "./gather.ts";

/** Four statements leave room for one that hangs on a row that somebody else has locked. */
const BATCHES = { most: 1000, concurrency: 4 };

interface Renewal {
  readonly lease: Lease;
  readonly progress: Progress;
  readonly ttlMs: number;
}

/**
 * Renews leases, one statement for all that come at once; resolves with when the lease expires now. A lease that comes
 * twice at once is renewed once, as the later call says.
 */
export function renewals(functions: Functions): (renewal: Renewal) => Promise<EpochMs> {
  const isRow = objectOf({ place: isNumber, expires_at_ms: isNumber });
  return gather(async (batch: readonly Renewal[]) => {
    const last = new Map(batch.map((renewal) => [keyOf(renewal), renewal]));
    const renewed = [...last.values()];
    const args = {
      ...keysOf(renewed),
      p_percents: renewed.map(({ progress }) => progress.percent),
      p_bars: renewed.map(({ progress }) => progress.bars),
      p_requests: renewed.map(({ progress }) => progress.requests),
      p_ttls_ms: renewed.map(({ ttlMs }) => ttlMs),
    };
    const until = new Map<string, EpochMs>();
    for (const { place, expires_at_ms } of await functions.rows("renew_runs", args, isRow)) {
      const renewal = renewed[place - 1];
      if (renewal !== undefined) until.set(keyOf(renewal), expires_at_ms);
    }
    return batch.map((renewal) => {
      const result = until.get(keyOf(renewal));
      return result === undefined ? lost(renewal) : { result };
    });
  }, BATCHES);
}

function keyOf({ lease }: Renewal): string {
  return JSON.stringify([lease.slice.id, lease.token]);
}

interface Completion {
  readonly lease: Lease;
  readonly result: RunResult;
}

const DONE: Outcome<void> = { result: undefined };

/** Completes runs, one statement for all that come at once; of a run that comes twice only one call is accepted. */
export function completions(functions: Functions): (completion: Completion) => Promise<void> {
  const arePlaces = listOf(isNumber);
  return gather(async (batch: readonly Completion[]) => {
    const args = {
      ...keysOf(batch),
      p_bars: batch.map(({ result }) => result.bars),
      p_requests: batch.map(({ result }) => result.requests),
    };
    const places = new Set(await functions.value("complete_runs", args, arePlaces));
    return batch.map((completion, i) => (places.has(i + 1) ? lost(completion) : DONE));
  }, BATCHES);
}

type Leased = { readonly lease: Lease };

function keysOf(batch: readonly Leased[]): Arguments {
  return { p_slice_ids: batch.map(({ lease }) => lease.slice.id), p_tokens: batch.map(({ lease }) => lease.token) };
}

function lost({ lease }: Leased): { readonly error: unknown } {
  return { error: new LeaseLostError(lease.slice.id) };
}
