import type { Clock } from "../../../contracts/clock.ts";
import { systemClock } from "../../../system-clock.ts";
import type { Database, PooledConnection, PostgresPool } from "../client.ts";
import { fromClientError } from "../sql-errors.ts";
import { ignoreErrorEvents } from "./error-events.ts";
import { type LostTransaction, markedBegin, orphans } from "./orphans.ts";
import { sessionOn, transact } from "./session.ts";
import { type Watch, watch, within } from "./watch.ts";

/**
 * How long one answer may take where the pool has no `query_timeout`, as one request to a source may. A commit takes
 * 0.1 s, and with one repetition the work goes on within half a minute.
 */
export const BOUND_MS = 20_000;

/** A connection a query or transaction, given back whatever happens, and closed when it fell silent. */
export function databaseOnPool(pool: PostgresPool, clock: Clock = systemClock): Database {
  ignoreErrorEvents(pool);
  const boundMs = pool.options?.query_timeout || BOUND_MS;
  const connectBoundMs = pool.options?.connectionTimeoutMillis || BOUND_MS;
  const abandoned = orphans();
  return { ...bounded(boundMs), patient: bounded(undefined) };

  function bounded(answerMs: number | undefined): Omit<Database, "patient"> {
    return {
      query: (sql, params) =>
        borrow(answerMs, (connection, watched) => sessionOn(connection, watched).query(sql, params)),
      transaction: (run) =>
        borrow(answerMs, async (connection, watched, close) => {
          await abandoned.end(sessionOn(connection, watched));
          let open: LostTransaction | undefined;
          const begin = async () => {
            open = await markedBegin(connection, watched, answerMs);
          };
          try {
            return await transact(connection, run, { watched, begin, broken: close });
          } finally {
            if (watched.isLost() && open !== undefined) abandoned.add(open);
          }
        }),
    };
  }

  async function borrow<T>(
    answerMs: number | undefined,
    use: (connection: PooledConnection, watched: Watch, close: () => void) => Promise<T>,
  ): Promise<T> {
    const connection = await connect();
    const heed = ignoreErrorEvents(connection);
    const watched = watch(clock, answerMs);
    let closed = false;
    try {
      return await use(connection, watched, () => (closed = true));
    } finally {
      heed();
      connection.release(closed || watched.isLost());
    }
  }

  async function connect(): Promise<PooledConnection> {
    const connecting = pool.connect();
    try {
      // The pool's own bound, where it has one, speaks first: only it can take back a connection that hangs.
      return await within(clock, connectBoundMs + 1000, connecting, HINT);
    } catch (error) {
      connecting.then(
        (late) => late.release(),
        () => {},
      );
      throw fromClientError(error);
    }
  }
}

const HINT = "Give the pool a connectionTimeoutMillis, or a larger max";
