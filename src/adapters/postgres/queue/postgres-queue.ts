import type { Lease, RunningRun, RunState, SliceQueue } from "../../../contracts/slice-queue.ts";
import { LeaseLostError } from "../../../errors.ts";
import type { Slice } from "../../../model/slice.ts";
import { databaseOf, type PostgresClient } from "../client.ts";
import { DEFAULT_SCHEMA } from "../schema.ts";
import { ageOf, limitOf, maxRunningOf, notBeforeOf, rowIdsOf, ttlOf } from "./check.ts";
import { ifRolledBack } from "./if-rolled-back.ts";
import { type CountRow, errorParams, filterParams, type LeaseRow, toCounts, toLease } from "./rows.ts";
import { completions, renewals } from "./settle.ts";
import { queueSql } from "./sql.ts";

/** What {@link postgresQueue} takes. */
export interface PostgresQueueOptions {
  readonly client: PostgresClient;
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

/** A {@link SliceQueue} that keeps what is over until it is pruned. */
export interface PostgresQueue extends SliceQueue {
  /** Deletes runs that have been over for `olderThanMs` (0 or more) or longer; returns how many. Scans the table. */
  prune(options: { readonly olderThanMs: number }): Promise<number>;
  /**
   * The runs with these ids of `job_runs`, ascending by it, each once; unknown ids are left out. Rejects with
   * {@link OptionsError} for what is no row id.
   */
  runsByRowId(rowIds: readonly number[]): Promise<readonly RunRow[]>;
  /** The runs of these slices, ascending by row id, each once; unknown slices are left out. */
  runsBySliceId(sliceIds: readonly string[]): Promise<readonly RunRow[]>;
}

/** A run and its row. */
export interface RunRow {
  /** `job_runs.id`. A slice keeps its row when it is enqueued again. */
  readonly rowId: number;
  readonly slice: Slice;
  readonly state: RunState;
}

/** Slices a statement: about 1 MB of JSON at 50 symbols a slice. */
const ENQUEUED_AT_ONCE = 2000;

/**
 * A {@link SliceQueue} in PostgreSQL 14 or later, for any number of processes. Times are the server's: leases expire
 * and retries fall due on its clock, whatever the workers' clocks say.
 *
 * A lease holds until, and not at, its `expiresAt`; one that has expired still counts while nobody has taken the run.
 * A token that holds nothing any more leases anew. Runs that are retried or requeued keep their place in the order of
 * arrival; one that is enqueued afresh goes to the end of it.
 *
 * Renewals and completions that are asked for at once travel in one statement, up to a thousand, and are granted or
 * refused one by one. More than 2,000 slices are enqueued in several statements: when one fails, those before it stay,
 * and enqueueing all of them again is safe.
 *
 * Works through PgBouncer in transaction mode: one statement a call, unnamed, without session state. Relies on read
 * committed, the server's default. A deadlock or a serialization failure is tried again three times at once. Rejects
 * with {@link StoreError} when the database fails, and with {@link OptionsError} when `limit` is not a whole number of
 * 1 or more, `ttlMs` is not 1 or more, or `notBefore` is not a number.
 *
 * @example
 * ```ts
 * import pg from "pg";
 * import { migrate, postgresQueue } from "barfill/postgres";
 *
 * const client = new pg.Pool({ connectionString: "postgres://localhost/market" });
 * await migrate(client);
 * const queue = postgresQueue({ client });
 * ```
 */
export function postgresQueue({ client, schema = DEFAULT_SCHEMA }: PostgresQueueOptions): PostgresQueue {
  const session = databaseOf(client);
  const sql = queueSql(schema);
  const renewal = renewals(session, sql);
  const completion = completions(session, sql);

  const query = <Row>(text: string, params?: readonly unknown[]): Promise<Row[]> =>
    ifRolledBack(() => session.query<Row>(text, params));

  /** How many runs `text` says it changed. */
  const changed = async (text: string, params: readonly unknown[]): Promise<number> => {
    const [row] = await query<{ readonly runs: number }>(text, params);
    return row?.runs ?? 0;
  };

  const held = async ({ slice }: Lease, text: string, params: readonly unknown[]): Promise<void> => {
    const [row] = await query<{ readonly held: boolean }>(text, params);
    if (row?.held !== true) throw new LeaseLostError(slice.id);
  };

  return {
    async enqueue(slices) {
      let added = 0;
      for (let from = 0; from < slices.length; from += ENQUEUED_AT_ONCE) {
        added += await changed(sql.enqueue, [JSON.stringify(slices.slice(from, from + ENQUEUED_AT_ONCE))]);
      }
      return added;
    },

    async lease({ workerId, token, limit, ttlMs, provider, ids, maxRunning }) {
      const claim = [workerId, token, limitOf(limit), ttlOf(ttlMs)];
      const params = [...claim, provider ?? null, ids ?? null, maxRunningOf(maxRunning) ?? null];
      const rows = await query<LeaseRow>(sql.lease, params);
      return rows.map((row) => toLease(row, token));
    },

    async renew(lease, progress, ttlMs) {
      return { ...lease, expiresAt: await renewal({ lease, progress, ttlMs: ttlOf(ttlMs) }) };
    },

    complete: (lease, result) => completion({ lease, result }),

    async retry(lease, { notBefore, error, attemptSpent }) {
      const params = [lease.slice.id, lease.token, notBeforeOf(notBefore), attemptSpent, ...errorParams(error)];
      await held(lease, sql.retry, params);
    },

    fail: (lease, error) => held(lease, sql.fail, [lease.slice.id, lease.token, ...errorParams(error)]),

    async open(filter) {
      const rows = await query<{ readonly slice: Slice }>(sql.open, filterParams(filter));
      return rows.map(({ slice }) => slice);
    },

    running: (filter) => query<RunningRun>(sql.running, filterParams(filter)),
    cancel: (filter) => changed(sql.cancel, filterParams(filter)),
    requeue: (filter) => changed(sql.requeue, filterParams(filter)),
    counts: async (filter = {}) => toCounts(await query<CountRow>(sql.counts, filterParams(filter))),
    prune: async ({ olderThanMs }) => changed(sql.prune, [ageOf(olderThanMs)]),
    runsByRowId: async (rowIds) => query<RunRow>(sql.find, [rowIdsOf(rowIds), []]),
    runsBySliceId: (sliceIds) => query<RunRow>(sql.find, [[], sliceIds]),
  };
}
