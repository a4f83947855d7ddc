import { OptionsError } from "../../errors.ts";
import { databaseOf, type PostgresClient } from "./client.ts";

/** What {@link longTransactions} takes. */
export interface LongTransactionsOptions {
  /** From how old a transaction counts, in ms; 0 or more, default 60,000. */
  readonly olderThanMs?: number;
}

/** A transaction of this database that keeps dead rows from being cleared away. */
export interface LongTransaction {
  /** Who to ask, or to end by `pg_terminate_backend`; absent for one that is prepared, which no session holds. */
  readonly pid?: number;
  /** Its name where it is prepared: end it by `rollback prepared`. */
  readonly prepared?: string;
  /** How long it has been open, in ms on the server's clock. */
  readonly ageMs: number;
  /** The role that opened it. */
  readonly user: string;
  /** What its session calls itself; may be empty, absent where it is prepared. */
  readonly application?: string;
  /** PostgreSQL's word for what its session does, as in `idle in transaction`; absent where it is prepared. */
  readonly state?: string;
}

/** What {@link longTransactions} finds. */
export interface LongTransactions {
  /** The oldest first; empty when nothing is held back. */
  readonly transactions: readonly LongTransaction[];
  /** Sessions of other roles that this role may not look into; `grant pg_read_all_stats` shows them. */
  readonly hidden: number;
}

/**
 * The transactions that hold back vacuum: open for a minute or longer, with a snapshot or something written. While one
 * lasts, every run that is leased leaves a dead row in the line, and claims get slower by the second: from 6,600 to
 * 1,300 a second within 15 s, at ten a claim. Whoever keeps a queue busy asks now and then, and warns.
 *
 * Replication slots and standbys can hold back vacuum as well, and are not looked at. Rejects with {@link StoreError},
 * and with {@link OptionsError} for what is no age.
 *
 * @example
 * ```ts
 * const { transactions } = await longTransactions(client);
 * for (const { pid, ageMs, state } of transactions) console.warn(`${pid}: ${state} for ${ageMs / 1000} s`);
 * ```
 */
export async function longTransactions(
  client: PostgresClient,
  { olderThanMs = 60_000 }: LongTransactionsOptions = {},
): Promise<LongTransactions> {
  if (!(olderThanMs >= 0)) {
    throw new OptionsError([{ path: "olderThanMs", expected: "0 or more", received: String(olderThanMs) }]);
  }
  const database = databaseOf(client);
  const rows = await database.query<Row>(SQL, [olderThanMs]);
  const [row] = await database.query<{ readonly hidden: number }>(HIDDEN_SQL);
  return { transactions: rows.map(toTransaction), hidden: row?.hidden ?? 0 };
}

interface Row {
  readonly pid: number | null;
  readonly prepared: string;
  readonly ageMs: number;
  readonly user: string;
  readonly application: string;
  readonly state: string;
}

function toTransaction({ pid, prepared, ageMs, user, application, state }: Row): LongTransaction {
  return pid === null ? { prepared, ageMs, user } : { pid, ageMs, user, application, state };
}

// Horizons are a database's own; at read committed a transaction that only reads has no snapshot between two statements
// and holds back nothing.
const SQL = `
  select pid, null as prepared, usename as user, application_name as application, state, xact_start as since,
         (extract(epoch from clock_timestamp() - xact_start) * 1000)::float8 as "ageMs"
  from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'
    and (backend_xmin is not null or backend_xid is not null)
    and xact_start <= clock_timestamp() - $1::float8 * interval '1 millisecond'
  union all
  select null, gid, owner, null, null, prepared,
         (extract(epoch from clock_timestamp() - prepared) * 1000)::float8
  from pg_prepared_xacts
  where database = current_database() and prepared <= clock_timestamp() - $1::float8 * interval '1 millisecond'
  order by since`;

const HIDDEN_SQL = `
  select count(*)::int as hidden from pg_stat_activity
  where datname = current_database() and query = '<insufficient privilege>'`;
