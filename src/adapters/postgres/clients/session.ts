import { StoreError } from "../../../errors.ts";
import type { PostgresConnection, Session, Transaction } from "../client.ts";
import { fromClientError } from "../sql-errors.ts";
import { bulkOn } from "./copy.ts";

/** Queries on `connection`, with errors of barfill. */
export function sessionOn(connection: PostgresConnection): Session {
  return {
    async query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
      try {
        // Without parameters `pg` sends a simple query; with them an unnamed statement. PgBouncer takes both.
        const { rows } = await connection.query(sql, params === undefined ? undefined : [...params]);
        return rows as Row[];
      } catch (error) {
        throw fromClientError(error);
      }
    },
  };
}

/** Begins, runs and commits on `connection`. `broken` hears of a connection that could not even roll back. */
export async function transact<T>(
  connection: PostgresConnection,
  run: (transaction: Transaction) => Promise<T>,
  broken: (error: unknown) => void = () => {},
): Promise<T> {
  const session = sessionOn(connection);
  try {
    // Said, because a database may have another default.
    await session.query("begin isolation level read committed");
    const script = async (sql: string) => void (await session.query(sql));
    const result = await run({ ...session, ...bulkOn(connection), script });
    await commit(connection);
    return result;
  } catch (error) {
    await session.query("rollback").catch(broken);
    throw error;
  }
}

async function commit(connection: PostgresConnection): Promise<void> {
  const { command } = await connection.query("commit").catch((error: unknown) => {
    throw fromClientError(error);
  });
  // The server's answer to the commit of a transaction in which a statement failed. It is no error to the client.
  if (command === "ROLLBACK") {
    throw new StoreError("the transaction was rolled back, because a statement in it failed", { disposition: "halt" });
  }
}
