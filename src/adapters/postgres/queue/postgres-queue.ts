import { databaseOf, type PostgresClient } from "../client.ts";
import { DEFAULT_SCHEMA } from "../schema.ts";
import { sqlFunctions } from "../sql-functions.ts";
import { type PostgresQueue, queueOnFunctions } from "./queue-on-functions.ts";

/** What {@link postgresQueue} takes. */
export interface PostgresQueueOptions {
  /** A `pg` Pool, a PGlite, or a connection that is barfill's alone. Never closed. */
  readonly client: PostgresClient;
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

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
 * Works through PgBouncer in transaction mode: one statement a call, unnamed, without session state. Runs at read
 * committed; where a role or a database has another default, every call has a transaction of its own, in four round
 * trips in place of one. A deadlock or a serialization failure is tried again three times at once. Rejects with
 * {@link StoreError} when the database fails, and with {@link OptionsError} when `limit` is not a whole number of 1 or
 * more, `ttlMs` is not 1 or more, or `notBefore` is not a number.
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
  const database = databaseOf(client);
  return queueOnFunctions(sqlFunctions(database, schema), sqlFunctions(database.patient, schema));
}
