import type { Arguments, Functions } from "../functions.ts";
import { isNumber, objectOf } from "../shapes.ts";
import type { Arrays } from "./arrays.ts";
import { blocksOf, type Rows } from "./rows.ts";
import { timeText } from "./times.ts";

/** What a merge wrote. */
export interface Written {
  readonly inserted: number;
  readonly revised: number;
}

export const isWritten = objectOf<Written>({ inserted: isNumber, revised: isNumber });

/** A statement's share; its parameters are held in memory on both sides. */
const BLOCK_ROWS = 10_000;

/** Writes what is new or changed of `rows`. The caller holds the lock on their coverage. */
export async function merge(functions: Functions, arrays: Arrays, rows: Rows): Promise<Written> {
  const counts = { inserted: 0, revised: 0 };
  for (const block of blocksOf(rows, BLOCK_ROWS)) {
    const written = await functions.value("merge_bars", mergeArgs(arrays, block), isWritten);
    counts.inserted += written.inserted;
    counts.revised += written.revised;
  }
  return counts;
}

/** What `merge_bars` takes. */
export function mergeArgs(arrays: Arrays, { seriesIds, bars }: Rows): Arguments {
  const times = bars.map(({ openTime }) => openTime);
  const bound = (of: (a: number, b: number) => number) => (times.length === 0 ? null : timeText(times.reduce(of)));
  return {
    p_series_ids: arrays.ints(seriesIds),
    p_open_times: arrays.times(times),
    p_opens: arrays.doubles(bars.map(({ open }) => open)),
    p_highs: arrays.doubles(bars.map(({ high }) => high)),
    p_lows: arrays.doubles(bars.map(({ low }) => low)),
    p_closes: arrays.doubles(bars.map(({ close }) => close)),
    p_volumes: arrays.doubles(bars.map(({ volume }) => volume)),
    p_vwaps: arrays.doubles(bars.map(({ vwap }) => vwap)),
    p_trade_counts: arrays.ints(bars.map(({ tradeCount }) => tradeCount)),
    p_ids: arrays.ints([...new Set(seriesIds)]),
    p_first: bound((a, b) => Math.min(a, b)),
    p_last: bound((a, b) => Math.max(a, b)),
  };
}
