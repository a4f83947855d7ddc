import { isBarfillError, StoreError } from "../../../errors.ts";
import { systemClock } from "../../../system-clock.ts";
import type { Database, PostgresConnection } from "../client.ts";
import { endOf, ignoreErrorEvents } from "./error-events.ts";
import { sessionOn, transact } from "./session.ts";
import { watch } from "./watch.ts";

/**
 * Everything in a line: a query that slipped into another caller's transaction would share its fate. Nothing is bounded
 * in time: behind an answer that is late the line would be out of order, and nothing can take the connection's place.
 */
export function databaseOnConnection(connection: PostgresConnection): Database {
  ignoreErrorEvents(connection);
  const isOver = endOf(connection);
  const session = sessionOn(connection);
  let last: Promise<unknown> = Promise.resolve();
  const inLine = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run).catch((error: unknown) => {
      throw isOver() || wasOver(connection, error) ? halting(error) : error;
    });
    last = result.catch(() => {});
    return result;
  };
  /**
   * A client of its own bound (`query_timeout`) gave up on an answer, and nobody knows whether a transaction is open.
   */
  let isUnended = false;
  // Else the next `begin` would be a warning, and the next `commit` would commit what its caller was told had failed.
  const endLost = async (): Promise<void> => {
    if (isUnended) await session.query("rollback");
    isUnended = false;
  };
  const patient: Database["patient"] = {
    query: (sql, params) =>
      inLine(async () => {
        await endLost();
        return session.query(sql, params);
      }),
    transaction: (run) =>
      inLine(async () => {
        await endLost();
        const watched = watch(systemClock);
        try {
          return await transact(connection, run, { watched });
        } finally {
          isUnended = watched.isLost();
        }
      }),
  };
  return { ...patient, patient };
}

/** True of a `pg` Client whose connection ended before anybody listened. */
function wasOver(connection: PostgresConnection, error: unknown): boolean {
  return "on" in connection && isBarfillError(error, "STORE_FAILED") && /is not queryable/.test(error.message);
}

/** What would be retried for ever, because nothing takes the place of a single connection; other errors as they are. */
function halting(error: unknown): unknown {
  if (!isBarfillError(error, "STORE_FAILED") || error.sqlState !== undefined) return error;
  return new StoreError(error.message, {
    disposition: "halt",
    hint: "A single client does not connect again: use a pg Pool, or make a new client",
    cause: error.cause,
  });
}
