import type { CommitCounts } from "../../../contracts/bar-store.ts";
import { isBarfillError } from "../../../errors.ts";
import type { Bar, SeriesBars } from "../../../model/bar.ts";
import type { CoveredSpan } from "../../../model/coverage.ts";
import { isEmpty } from "../../../model/interval.ts";
import { seriesKey } from "../../../model/series.ts";
import type { Database, Transaction } from "../client.ts";
import { binaryArrays, textArrays } from "./arrays.ts";
import { checkCommit } from "./check-commit.ts";
import { copyFormat } from "./copy-format.ts";
import { merge } from "./merge.ts";
import { COLUMNS, type Rows, rowsOf } from "./rows.ts";
import type { SeriesIds } from "./series-ids.ts";
import { type IdSpan, settle } from "./settle.ts";

/** Bars and what they cover, in one transaction. */
export async function commit(
  database: Database,
  schema: string,
  ids: SeriesIds,
  bars: readonly SeriesBars[],
  covered: readonly CoveredSpan[],
): Promise<CommitCounts> {
  checkCommit(bars, covered);
  const filled = bars.filter((entry) => entry.bars.length > 0);
  const spans = covered.filter(({ interval }) => !isEmpty(interval));
  if (filled.length === 0 && spans.length === 0) return { inserted: 0, revised: 0, unchanged: 0 };

  const idByKey = await ids.ensure([...filled, ...spans].map(({ series }) => series));
  const idOf = ({ series }: Pick<CoveredSpan, "series">) => idByKey.get(seriesKey(series)) as number;
  const barsById = new Map<number, readonly Bar[]>();
  for (const entry of filled) barsById.set(idOf(entry), [...(barsById.get(idOf(entry)) ?? []), ...entry.bars]);

  const { inserted, revised } = await database.transaction(async (transaction) => {
    const arrays = transaction.takesBinary ? binaryArrays : textArrays;
    const idSpans = spans.map((span): IdSpan => ({ id: idOf(span), interval: span.interval }));
    const fresh = await settle(transaction, schema, arrays, idSpans, [...barsById].map(spreadOf));
    const entries = [...barsById];
    const isFresh = ([id]: readonly [number, unknown]) => transaction.copy !== undefined && fresh.has(id);
    const copied = await copyOrMerge(transaction, schema, rowsOf(entries.filter(isFresh)));
    const merged = await merge(transaction, schema, arrays, rowsOf(entries.filter((entry) => !isFresh(entry))));
    return { inserted: copied.inserted + merged.inserted, revised: copied.revised + merged.revised };
  });
  const passed = filled.reduce((sum, entry) => sum + entry.bars.length, 0);
  return { inserted, revised, unchanged: passed - inserted - revised };
}

/**
 * Rows that should all be new; when one is not, because somebody else wrote it, they are merged.
 *
 * 10,000 fresh rows take 22 ms, and 59 ms by the merge with binary arrays, 70 ms with text ones; on PGlite 52, 82 and
 * 137 ms, and 117 ms by COPY of text. One row takes 0.7 ms and 1.1 ms by the merge, so small commits are no exception.
 */
async function copyOrMerge(
  transaction: Transaction,
  schema: string,
  rows: Rows,
): Promise<{ inserted: number; revised: number }> {
  if (rows.bars.length === 0) return { inserted: 0, revised: 0 };
  await transaction.query("savepoint fresh");
  try {
    await transaction.copy?.(`${schema}.bars (${COLUMNS})`, copyFormat(rows));
    return { inserted: rows.bars.length, revised: 0 };
  } catch (error) {
    if (!isBarfillError(error, "STORE_FAILED") || error.sqlState !== UNIQUE_VIOLATION) throw error;
    await transaction.query("rollback to savepoint fresh");
    return merge(transaction, schema, binaryArrays, rows);
  }
}

const UNIQUE_VIOLATION = "23505";

/** From the first to the last open time, both included. */
function spreadOf([id, bars]: readonly [number, readonly Bar[]]): IdSpan {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { openTime } of bars) {
    if (openTime < start) start = openTime;
    if (openTime > end) end = openTime;
  }
  return { id, interval: { start, end } };
}
