import { ascending, type Bar } from "../../../model/bar.ts";

/** Rows of the bars table in two columns of equal length, ascending by series and open time, no key twice. */
export interface Rows {
  readonly seriesIds: readonly number[];
  readonly bars: readonly Bar[];
}

/** The columns that rows go into, in the order in which the encoders write them. */
export const COLUMNS = "series_id, open_time, open, high, low, close, volume, vwap, trade_count";

/** One array of rows out of the bars by series id; of two bars at the same open time the later stays. */
export function rowsOf(barsById: Iterable<readonly [number, readonly Bar[]]>): Rows {
  const seriesIds: number[] = [];
  const all: Bar[] = [];
  // Every writer goes by series and time: two that meet wait for each other instead of blocking each other.
  for (const [id, bars] of [...barsById].sort(([a], [b]) => a - b)) {
    for (const bar of ascending(bars)) {
      seriesIds.push(id);
      all.push(bar);
    }
  }
  return { seriesIds, bars: all };
}

/** `rows` cut into blocks of at most `most`. */
export function* blocksOf(rows: Rows, most: number): Generator<Rows> {
  for (let i = 0; i < rows.bars.length; i += most) {
    yield { seriesIds: rows.seriesIds.slice(i, i + most), bars: rows.bars.slice(i, i + most) };
  }
}
