import type { Bar } from "../../../model/bar.ts";
import { clip, type Interval } from "../../../model/interval.ts";
import type { Functions } from "../functions.ts";
import type { Shape } from "../shapes.ts";
import { TIMES, timeText } from "./times.ts";

/**
 * The first page, for who only asks whether there is a bar; each is ten times the one before. On PGlite the first of a
 * million bars takes 1.1 ms so, and 48 ms with full pages, while all of them take 6 s either way.
 */
const FIRST_ROWS = 100;
/** As many as a source's page; 10,000 rows are 1 MB on the way and 3 MB as bars. */
const MOST_ROWS = 10_000;

/** Open time, open, high, low, close, volume, VWAP, trade count. JSON has no number for NaN and the infinities. */
type BarRow = readonly [...(number | string)[], number | string | null, number | string | null];

const areBarRows: Shape<readonly BarRow[]> = (value): value is readonly BarRow[] =>
  Array.isArray(value) && value.every((row) => Array.isArray(row) && row.length === 8);

/**
 * The bars of a series, page by page, each page after the last bar of the one before. No connection is held between
 * pages. A page sees what is committed when it is asked for.
 */
export async function* readBars(functions: Functions, id: number, within: Interval): AsyncGenerator<Bar> {
  let rest = clip(within, TIMES);
  for (let limit = FIRST_ROWS; rest !== undefined; limit = Math.min(10 * limit, MOST_ROWS)) {
    const args = { p_series_id: id, p_start: timeText(rest.start), p_end: timeText(rest.end), p_limit: limit };
    const bars = (await functions.value("read_bars", args, areBarRows)).map(toBar);
    yield* bars;
    const last = bars.at(-1);
    if (last === undefined || bars.length < limit) return;
    // Times are whole milliseconds, so nothing lies between.
    rest = clip({ start: last.openTime + 1, end: rest.end }, TIMES);
  }
}

function toBar(row: BarRow): Bar {
  const [openTime, open, high, low, close, volume] = row.map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const bar = { openTime, open, high, low, close, volume };
  const [vwap, tradeCount] = [row[6], row[7]];
  if (tradeCount != null && vwap != null) return { ...bar, tradeCount: Number(tradeCount), vwap: Number(vwap) };
  if (tradeCount != null) return { ...bar, tradeCount: Number(tradeCount) };
  return vwap == null ? bar : { ...bar, vwap: Number(vwap) };
}
