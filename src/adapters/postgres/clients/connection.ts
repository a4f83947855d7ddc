import type { Database, PostgresConnection } from "../client.ts";
import { ignoreErrorEvents } from "./error-events.ts";
import { sessionOn, transact } from "./session.ts";

/** Everything in a line: a query that slipped into another caller's transaction would share its fate. */
export function databaseOnConnection(connection: PostgresConnection): Database {
  ignoreErrorEvents(connection);
  const session = sessionOn(connection);
  let last: Promise<unknown> = Promise.resolve();
  const inLine = <T>(run: () => Promise<T>): Promise<T> => {
    const result = last.then(run);
    last = result.catch(() => {});
    return result;
  };
  return {
    query: (sql, params) => inLine(() => session.query(sql, params)),
    transaction: (run) => inLine(() => transact(connection, run)),
  };
}
