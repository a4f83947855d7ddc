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

/** Renews leases, one statement for all that come at once; resolves with when the lease expires now. */
export function renewals(functions: Functions): (renewal: Renewal) => Promise<EpochMs> {
  const isRow = objectOf({ place: isNumber, expires_at_ms: isNumber });
  return gather(async (batch: readonly Renewal[]) => {
    const columns = {
      p_percents: ({ progress }: Renewal) => progress.percent,
      p_bars: ({ progress }: Renewal) => progress.bars,
      p_ttls_ms: ({ ttlMs }: Renewal) => ttlMs,
    };
    const rows = await settle(functions, "renew_runs", batch, columns, isRow);
    return outcomes(batch, rows, ({ expires_at_ms }) => expires_at_ms);
  }, BATCHES);
}

interface Completion {
  readonly lease: Lease;
  readonly result: RunResult;
}

/** Completes runs, one statement for all that come at once. */
export function completions(functions: Functions): (completion: Completion) => Promise<void> {
  const isRow = objectOf({ place: isNumber });
  return gather(async (batch: readonly Completion[]) => {
    const columns = {
      p_bars: ({ result }: Completion) => result.bars,
      p_requests: ({ result }: Completion) => result.requests,
    };
    const rows = await settle(functions, "complete_runs", batch, columns, isRow);
    return outcomes(batch, rows, () => undefined);
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
  rows: ReadonlyMap<Item, Row>,
  resultOf: (row: Row) => Result,
): Outcome<Result>[] {
  return batch.map((item) => {
    const row = rows.get(item);
    return row === undefined ? { error: new LeaseLostError(item.lease.slice.id) } : { result: resultOf(row) };
  });
}
