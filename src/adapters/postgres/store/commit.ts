import type { CommitCounts } from "../../../contracts/bar-store.ts";
import { isBarfillError } from "../../../errors.ts";
import type { SeriesBars } from "../../../model/bar.ts";
import type { CoveredSpan } from "../../../model/coverage.ts";
import type { Database, Transaction } from "../client.ts";
import { quoteSchema } from "../schema.ts";
import { sqlFunctions } from "../sql-functions.ts";
import { binaryArrays, textArrays } from "./arrays.ts";
import { copyFormat } from "./copy-format.ts";
import { merge, type Written } from "./merge.ts";
import { prepare } from "./prepare.ts";
import { COLUMNS, type Rows, rowsOf } from "./rows.ts";
import type { SeriesIds } from "./series-ids.ts";
import { settle, settleArgs } from "./settle.ts";

/** Bars and what they cover, in one transaction. */
export async function commit(
  database: Database,
  schema: string,
  ids: SeriesIds,
  bars: readonly SeriesBars[],
  covered: readonly CoveredSpan[],
): Promise<CommitCounts> {
  const prepared = await prepare(ids, bars, covered);
  if (prepared === undefined) return { inserted: 0, revised: 0, unchanged: 0 };

  const { inserted, revised } = await database.transaction(async (transaction) => {
    const functions = sqlFunctions(transaction, schema);
    const arrays = transaction.takesBinary ? binaryArrays : textArrays;
    const fresh = await settle(functions, settleArgs(arrays, prepared.covered, prepared.spread));
    const entries = [...prepared.barsById];
    const isFresh = ([id]: readonly [number, unknown]) => transaction.copy !== undefined && fresh.has(id);
    const copied = await copyOrMerge(transaction, schema, rowsOf(entries.filter(isFresh)));
    const merged = await merge(functions, arrays, rowsOf(entries.filter((entry) => !isFresh(entry))));
    return { inserted: copied.inserted + merged.inserted, revised: copied.revised + merged.revised };
  });
  return { inserted, revised, unchanged: prepared.passed - inserted - revised };
}

/**
 * Rows that should all be new; when one is not, because somebody else wrote it, they are merged.
 *
 * 10,000 fresh rows take 22 ms, and 59 ms by the merge with binary arrays, 70 ms with text ones; on PGlite 52, 82 and
 * 137 ms, and 117 ms by COPY of text. One row takes 0.7 ms and 1.1 ms by the merge, so small commits are no exception.
 */
async function copyOrMerge(transaction: Transaction, schema: string, rows: Rows): Promise<Written> {
  if (rows.bars.length === 0) return { inserted: 0, revised: 0 };
  await transaction.query("savepoint fresh");
  try {
    await transaction.copy?.(`${quoteSchema(schema)}.bars (${COLUMNS})`, copyFormat(rows));
    return { inserted: rows.bars.length, revised: 0 };
  } catch (error) {
    if (!isBarfillError(error, "STORE_FAILED") || error.sqlState !== UNIQUE_VIOLATION) throw error;
    await transaction.query("rollback to savepoint fresh");
    return merge(sqlFunctions(transaction, schema), binaryArrays, rows);
  }
}

const UNIQUE_VIOLATION = "23505";
