import type { Database, PostgresPool } from "../client.ts";
import { fromClientError } from "../sql-errors.ts";
import { ignoreErrorEvents } from "./error-events.ts";
import { sessionOn, transact } from "./session.ts";

/** A connection a transaction, given back whatever happens. */
export function databaseOnPool(pool: PostgresPool): Database {
  ignoreErrorEvents(pool);
  return {
    ...sessionOn(pool),
    async transaction(run) {
      const connection = await pool.connect().catch((error: unknown) => {
        throw fromClientError(error);
      });
      const heed = ignoreErrorEvents(connection);
      let failure: unknown;
      try {
        return await transact(connection, run, (error) => (failure = error));
      } finally {
        heed();
        connection.release(failure !== undefined);
      }
    },
  };
}
