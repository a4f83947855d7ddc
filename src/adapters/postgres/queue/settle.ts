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
    const rows = await settle(functions, "renew_runs", [...last.values()], columns, isRow);
    const rowOf = (renewal: Renewal) => rows.get(last.get(keyOf(renewal)) ?? renewal);
    return outcomes(batch, rowOf, ({ expires_at_ms }) => expires_at_ms);
  }, BATCHES);
}

function keyOf({ lease }: Renewal): string {
  return JSON.stringify([lease.slice.id, lease.token]);
}

interface Completion {
  readonly lease: Lease;
  readonly result: RunResult;
}

/** Completes runs, one statement for all that come at once; of a run that comes twice only one call is accepted. */
export function completions(functions: Functions): (completion: Completion) => Promise<void> {
  const isRow = objectOf({ place: isNumber });
  return gather(async (batch: readonly Completion[]) => {
    const columns = {
      p_bars: ({ result }: Completion) => result.bars,
      p_requests: ({ result }: Completion) => result.requests,
    };
    const rows = await settle(functions, "complete_runs", batch, columns, isRow);
    return outcomes(
      batch,
      (completion) => rows.get(completion),
      () => undefined,
    );
  }, BATCHES);
}

type Placed = { readonly place: number };
type Leased = { readonly lease: Lease };

/** Calls `name` with the slice ids, the tokens and `columns` of the batch; the rows that come, by their item. */
async function settle<Item extends Leased, Row extends Placed>(
  functions: Functions,
  name: string,
  batch: readonly Item[],
  columns: Readonly<Record<string, (item: Item) => number>>,
  shape: Shape<Row>,
): Promise<ReadonlyMap<Item, Row>> {
  const args = {
    p_slice_ids: batch.map(({ lease }) => lease.slice.id),
    p_tokens: batch.map(({ lease }) => lease.token),
    ...Object.fromEntries(Object.entries(columns).map(([parameter, column]) => [parameter, batch.map(column)])),
  };
  const rows = await functions.rows(name, args, shape);
  return new Map(
    rows.flatMap((row) => {
      const item = batch[row.place - 1];
      return item === undefined ? [] : [[item, row] as const];
    }),
  );
}

/** What the server has not named was not held. */
function outcomes<Item extends Leased, Row, Result>(
  batch: readonly Item[],
  rowOf: (item: Item) => Row | undefined,
  resultOf: (row: Row) => Result,
): Outcome<Result>[] {
  return batch.map((item) => {
    const row = rowOf(item);
    return row === undefined ? { error: new LeaseLostError(item.lease.slice.id) } : { result: resultOf(row) };
  });
}
