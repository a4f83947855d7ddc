import { isBarfillError } from "../../errors.ts";
import type { Database } from "./client.ts";

/** PostgreSQL, appendix A: inappropriate isolation level. The word of `need_read_committed` in 0002_queue.sql. */
const WRONG_ISOLATION = "25004";

/**
 * `database`, whose statements run at read committed, whatever a role or a database has for a default. A statement by
 * itself goes by that default, and costs a third of the round trips so; functions that another one would harm refuse it
 * before they do anything. From the first refusal on every statement has a transaction of its own.
 */
export function readCommitted(database: Database): Database {
  let isDefault = true;
  const over = ({ query, transaction }: Database["patient"]): Database["patient"] => ({
    async query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> {
      try {
        if (isDefault) return await query<Row>(sql, params);
      } catch (error) {
        if (!isBarfillError(error, "STORE_FAILED") || error.sqlState !== WRONG_ISOLATION) throw error;
        isDefault = false;
      }
      return transaction(async (open) => {
        // An embedded database begins by itself, at its default.
        await open.query("set transaction isolation level read committed");
        return open.query<Row>(sql, params);
      });
    },
    transaction,
  });
  return { ...over(database), patient: over(database.patient) };
}
