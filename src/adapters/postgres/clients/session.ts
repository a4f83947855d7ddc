import { StoreError } from "../../../errors.ts";
import { systemClock } from "../../../system-clock.ts";
import type { PostgresConnection, Session, Transaction } from "../client.ts";
import { ask } from "./ask.ts";
import { bulkOn, isPg } from "./copy.ts";
import { type Watch, watch } from "./watch.ts";

/** Queries on `connection`, with errors of barfill. */
export function sessionOn(connection: PostgresConnection, watched: Watch = watch(systemClock)): Session {
  return {
    async query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
      // Without parameters `pg` sends a simple query; with them an unnamed statement. PgBouncer takes both.
      const result = await watched.answer(ask(connection, sql, params === undefined ? undefined : [...params]));
      const { rows } = result;
      // A result of `pg` that came by a promise outlives its reader: one that the collector found at work keeps the
      // next one, until the whole heap is collected. Without its rows it is small. A thousand runs claimed and
      // completed cost the client 4.4 ms of CPU so, and 6.1 with them. A client of another kind, one that wraps `pg`
      // too, may keep what it answers.
      if (isPg(connection)) Reflect.set(result, "rows", []);
      return rows as Row[];
    },
  };
}

/** How {@link transact} goes about it. */
export interface TransactOptions {
  readonly watched?: Watch;
  /** Opens the transaction. */
  readonly begin?: (session: Session) => Promise<void>;
  /** Hears of a connection that could not even roll back. */
  readonly broken?: (error: unknown) => void;
}

/** Begins, runs and commits on `connection`; rolls back when something fails, unless nobody answers there any more. */
export async function transact<T>(
  connection: PostgresConnection,
  run: (transaction: Transaction) => Promise<T>,
  { watched = watch(systemClock), begin = beginOn, broken = () => {} }: TransactOptions = {},
): Promise<T> {
  const session = sessionOn(connection, watched);
  try {
    await begin(session);
    const script = async (sql: string) => void (await session.query(sql));
    const result = await run({ ...session, ...bulkOn(connection, watched), script });
    await commit(connection, watched);
    return result;
  } catch (error) {
    if (!watched.isLost()) await session.query("rollback").catch(broken);
    throw error;
  }
}

async function beginOn(session: Session): Promise<void> {
  // Said, because a database may have another default.
  await session.query("begin isolation level read committed");
}

async function commit(connection: PostgresConnection, watched: Watch): Promise<void> {
  const { command } = await watched.answer(connection.query("commit"));
  // The server's answer to the commit of a transaction in which a statement failed. It is no error to the client.
  if (command === "ROLLBACK") {
    throw new StoreError("the transaction was rolled back, because a statement in it failed", { disposition: "halt" });
  }
}
