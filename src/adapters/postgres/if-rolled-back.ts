import { isBarfillError } from "../../errors.ts";

/** The server ended the statement in favour of another and undid all of it. PostgreSQL, appendix A: class 40. */
const ROLLED_BACK: ReadonlySet<string> = new Set(["40001", "40P01"]);
const TRIES = 3;

/**
 * Calls again at once when the server chose this statement or transaction to end a deadlock or a conflict: nothing was
 * done, and the other one is over. After three tries the error is the caller's, to wait and retry. In force where a
 * client becomes barfill's, and nowhere else, so that no operation is without it.
 */
export async function ifRolledBack<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await call();
    } catch (error) {
      const isRolledBack = isBarfillError(error, "STORE_FAILED") && ROLLED_BACK.has(error.sqlState ?? "");
      if (!isRolledBack || tries >= TRIES) throw error;
    }
  }
}
