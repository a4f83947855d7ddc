import type { Lease, Progress, RunResult } from "../../../contracts/slice-queue.ts";
import { LeaseLostError } from "../../../errors.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Functions } from "../functions.ts";
import { isNumber, objectOf, type Shape } from "../shapes.ts";
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
    const columns = {
      p_percents: ({ progress }: Renewal) => progress.percent,
      p_bars: ({ progress }: Renewal) => progress.bars,
      p_requests: ({ progress }: Renewal) => progress.requests,
      p_ttls_ms: ({ ttlMs }: Renewal) => ttlMs,
    };
    const last = new Map(batch.map((renewal) => [keyOf(renewal), renewal]));
    const places = new Map([...last.keys()].map((key, place) => [key, place]));
    const rows = await settle(functions, "renew_runs", [...last.values()], columns, isRow);
    return batch.map((renewal) => {
      const row = rows[places.get(keyOf(renewal)) ?? -1];
      return row === undefined ? lost(renewal) : { result: row.expires_at_ms };
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
  const isRow = objectOf({ place: isNumber });
  return gather(async (batch: readonly Completion[]) => {
    const columns = {
      p_bars: ({ result }: Completion) => result.bars,
      p_requests: ({ result }: Completion) => result.requests,
    };
    const rows = await settle(functions, "complete_runs", batch, columns, isRow);
    return batch.map((completion, i) => (rows[i] === undefined ? lost(completion) : DONE));
  }, BATCHES);
}

type Placed = { readonly place: number };
type Leased = { readonly lease: Lease };

/** Calls `name` with the slice ids, the tokens and `columns` of the batch; the rows that come, each at its item's place. */
async function settle<Item extends Leased, Row extends Placed>(
  functions: Functions,
  name: string,
  batch: readonly Item[],
  columns: Readonly<Record<string, (item: Item) => number>>,
  shape: Shape<Row>,
): Promise<readonly (Row | undefined)[]> {
  const args = {
    p_slice_ids: batch.map(({ lease }) => lease.slice.id),
    p_tokens: batch.map(({ lease }) => lease.token),
    ...Object.fromEntries(Object.entries(columns).map(([parameter, column]) => [parameter, batch.map(column)])),
  };
  const placed: (Row | undefined)[] = batch.map(() => undefined);
  for (const row of await functions.rows(name, args, shape)) placed[row.place - 1] = row;
  return placed;
}

/** What the server has not named was not held. */
function lost({ lease }: Leased): { readonly error: unknown } {
  return { error: new LeaseLostError(lease.slice.id) };
}
