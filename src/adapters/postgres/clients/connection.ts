import type { Database, PostgresConnection } from "../client.ts";
import { ignoreErrorEvents } from "./error-events.ts";
import { sessionOn, transact } from "./session.ts";

/**
 * Everything in a line: a query that slipped into another caller's transaction would share its fate. Nothing is bounded
 * in time: behind an answer that is late the line would be out of order, and nothing can take the connection's place.
 */
export function databaseOnConnection(connection: PostgresConnection): Database {
  ignoreErrorEvents(connection);
  const session = sessionOn(connection);
  let last: Promise<unknown> = Promise.resolve();
  const inLine = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run);
    last = result.catch(() => {});
    return result;
  };
  const patient: Database["patient"] = {
    query: (sql, params) => inLine(() => session.query(sql, params)),
    transaction: (run) => inLine(() => transact(connection, run)),
  };
  return { ...patient, patient };
}
