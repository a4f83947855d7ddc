import type { Clock } from "../../../contracts/clock.ts";
import { isBarfillError, StoreError } from "../../../errors.ts";
import { fromClientError } from "../sql-errors.ts";

/** What becomes of the answers of one connection. */
export interface Watch {
  /** The answer, or an error of barfill: the server's, or one to retry when none came in time. */
  readonly answer: <T>(asked: Promise<T>) => Promise<T>;
  /** True once an answer did not come: nobody knows in what state the connection is. */
  readonly isLost: () => boolean;
}

/**
 * Watches a connection, and no longer than `boundMs` for one answer; without it, for as long as it takes. The network
 * may be gone without a word: then a socket is open, and silent for a quarter of an hour and more.
 */
export function watch(clock: Clock, boundMs?: number): Watch {
  let lost = false;
  return {
    async answer(asked) {
      try {
        return await (boundMs === undefined ? asked : within(clock, boundMs, asked, SLOW));
      } catch (cause) {
        const error = fromClientError(cause);
        if (isBarfillError(error, "STORE_FAILED") && error.sqlState === undefined) lost = true;
        throw error;
      }
    },
    isLost: () => lost,
  };
}

const SLOW = "Give the pool a larger query_timeout where the database is slow, and not gone";

/** `asked`, or a {@link StoreError} to retry after `boundMs`; `hint` says what else to do. */
export async function within<T>(clock: Clock, boundMs: number, asked: Promise<T>, hint: string): Promise<T> {
  const answered = new AbortController();
  const silence = clock.sleep(boundMs, answered.signal).then(() => {
    throw new StoreError(`no answer from the database within ${boundMs} ms`, {
      disposition: "retry",
      hint,
    });
  });
  try {
    return await Promise.race([asked, silence]);
  } finally {
    // A reason of one's own spares the stack of a DOMException, at every query.
    answered.abort("answered");
  }
}
