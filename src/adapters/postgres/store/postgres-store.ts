import type { BarStore } from "../../../contracts/bar-store.ts";
import { databaseOf, type PostgresClient } from "../client.ts";
import { DEFAULT_SCHEMA } from "../schema.ts";
import { sqlFunctions } from "../sql-functions.ts";
import { commit } from "./commit.ts";
import { coverageOf } from "./coverage.ts";
import { readBars } from "./read.ts";
import { seriesIds } from "./series-ids.ts";

/** What {@link postgresStore} and {@link postgresQuarantine} take. */
export interface PostgresOptions {
  /** A `pg` Pool, PGlite or one connection. Stays the caller's: barfill never ends it. */
  readonly client: PostgresClient;
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

/**
 * What a bar takes of the disk, in bytes, with its index and without the write-ahead log. Measured: a million bars with
 * volume-weighted price and trade count, loaded 10,000 a commit, take 101 MB of table and 32 MB of index.
 */
export const BYTES_PER_BAR = 133;

/**
 * A {@link BarStore} in PostgreSQL 14 or later, or PGlite, after {@link migrate}. Any number of processes may share it.
 *
 * `commit` takes one connection for one transaction; commits of the same series take turns. It rejects with
 * {@link OptionsError} when a time is no whole millisecond of the years 1 to 9998 or a trade count no `int`, and with
 * {@link StoreError} of disposition `retry` where another try can help; either way nothing was written, save after a
 * connection that was lost at the very end, and a commit may always be repeated. Of two bars of one series at the same
 * open time the later one wins and the earlier one counts as unchanged.
 *
 * `read` asks for 100 bars, then for 1,000, then for 10,000 at a time, and holds no connection in between: a commit
 * made meanwhile shows up in what is yet to be asked for, and no bar that was there is skipped or comes twice.
 *
 * @example
 * ```ts
 * import { migrate, postgresStore } from "barfill/postgres";
 * import pg from "pg";
 *
 * const client = new pg.Pool({ connectionString: "postgres://localhost/market" });
 * await migrate(client);
 * const store = postgresStore({ client });
 * ```
 */
export function postgresStore({ client, schema = DEFAULT_SCHEMA }: PostgresOptions): BarStore {
  const database = databaseOf(client);
  const functions = sqlFunctions(database, schema);
  const ids = seriesIds(functions);
  return {
    commit: (bars, covered) => commit(database, schema, ids, bars, covered),
    coverage: (series, within) => coverageOf(functions, series, within),
    async *read(series, within) {
      const id = await ids.find(series);
      if (id !== undefined) yield* readBars(functions, id, within);
    },
  };
}
