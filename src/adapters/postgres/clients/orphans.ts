import { isBarfillError } from "../../../errors.ts";
import type { PostgresConnection, Session } from "../client.ts";
import { ask } from "./ask.ts";
import type { Watch } from "./watch.ts";

/** A transaction whose connection fell silent: the server may hold its locks for as long as TCP does, for hours. */
export interface LostTransaction {
  readonly pid: number;
  /** When it began, to the microsecond: with the pid it names this transaction and no later one. */
  readonly since: string;
}

/**
 * Begins at read committed, in one round trip with what tells the transaction apart. The server ends it by itself when
 * nothing comes for `idleMs`, because the machine that began it may be gone; without it, by its own settings.
 */
export async function markedBegin(
  connection: PostgresConnection,
  watched: Watch,
  idleMs: number | undefined,
): Promise<LostTransaction | undefined> {
  const sql = [
    // Said, because a database may have another default.
    "begin isolation level read committed",
    ...(idleMs === undefined ? [] : [`set local idle_in_transaction_session_timeout = ${Math.ceil(idleMs)}`]),
    "select pg_backend_pid() as pid, now()::text as since",
  ].join("; ");
  // `pg` answers several statements with a list of results.
  const results: unknown = await watched.answer(ask(connection, sql));
  const last: unknown = Array.isArray(results) ? results.at(-1)?.rows?.[0] : undefined;
  return last as LostTransaction | undefined;
}

/** The lost transactions of a pool, for the next one to end before it begins: it may want the same locks. */
export function orphans() {
  const lost = new Set<LostTransaction>();
  return {
    add: (transaction: LostTransaction) => void lost.add(transaction),
    async end(session: Session): Promise<void> {
      for (const transaction of lost) {
        lost.delete(transaction);
        try {
          // The pid may be another's by now; the time then is not.
          await session.query(
            "select pg_terminate_backend(pid) from pg_stat_activity where pid = $1 and xact_start = $2::timestamptz",
            [transaction.pid, transaction.since],
          );
        } catch (error) {
          // Refused: it stays until the server gives it up. No connection: the next one tries again.
          if (isBarfillError(error, "STORE_FAILED") && error.sqlState !== undefined) continue;
          lost.add(transaction);
          throw error;
        }
      }
    },
  };
}
