import type { Lease, Progress, RunResult } from "../../../contracts/slice-queue.ts";
import { LeaseLostError } from "../../../errors.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Session } from "../client.ts";
import { gather, type Outcome } from "./gather.ts";
import { ifRolledBack } from "./if-rolled-back.ts";
import type { QueueSql } from "./sql.ts";

/** Four statements leave room for one that hangs on a row that somebody else has locked. */
const BATCHES = { most: 1000, concurrency: 4 };

interface Renewal {
  readonly lease: Lease;
  readonly progress: Progress;
  readonly ttlMs: number;
}

/** Renews leases, one statement for all that come at once; resolves with when the lease expires now. */
export function renewals(session: Session, sql: QueueSql): (renewal: Renewal) => Promise<EpochMs> {
  type Row = { readonly place: number; readonly expires_at_ms: EpochMs };
  return gather(async (batch: readonly Renewal[]) => {
    const rows = await settle<Renewal, Row>(session, sql.renew, batch, [
      ({ progress }) => progress.percent,
      ({ progress }) => progress.bars,
      ({ ttlMs }) => ttlMs,
    ]);
    return outcomes(batch, rows, ({ expires_at_ms }) => expires_at_ms);
  }, BATCHES);
}

interface Completion {
  readonly lease: Lease;
  readonly result: RunResult;
}

/** Completes runs, one statement for all that come at once. */
export function completions(session: Session, sql: QueueSql): (completion: Completion) => Promise<void> {
  return gather(async (batch: readonly Completion[]) => {
    const rows = await settle(session, sql.complete, batch, [
      ({ result }) => result.bars,
      ({ result }) => result.requests,
    ]);
    return outcomes(batch, rows, () => undefined);
  }, BATCHES);
}

type Placed = { readonly place: number };
type Leased = { readonly lease: Lease };

/** Calls `sql` with the slice ids, the tokens and `columns` of the batch; the rows that come, by their item. */
async function settle<Item extends Leased, Row extends Placed>(
  session: Session,
  sql: string,
  batch: readonly Item[],
  columns: readonly ((item: Item) => number)[],
): Promise<ReadonlyMap<Item, Row>> {
  // The server locks rows in this order, so that batches cannot deadlock.
  const sorted = [...batch].sort((a, b) => (a.lease.slice.id < b.lease.slice.id ? -1 : 1));
  const ids = sorted.map(({ lease }) => lease.slice.id);
  const tokens = sorted.map(({ lease }) => lease.token);
  const params = [ids, tokens, ...columns.map((column) => sorted.map(column))];
  const rows = await ifRolledBack(() => session.query<Row>(sql, params));
  return new Map(
    rows.flatMap((row) => {
      const item = sorted[row.place - 1];
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
