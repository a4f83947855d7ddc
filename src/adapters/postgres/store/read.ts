import type { Bar } from "../../../model/bar.ts";
import { clip, type Interval } from "../../../model/interval.ts";
import type { Session } from "../client.ts";
import { epochMs, TIMES, timeText } from "./times.ts";

/** As many as a source's page; 10,000 rows are 1 MB on the way and 3 MB as bars. */
const PAGE_ROWS = 10_000;

type BarRow = Record<"openTime" | "open" | "high" | "low" | "close" | "volume", number> &
  Record<"vwap" | "tradeCount", number | null>;

/**
 * The bars of a series, page by page, each page after the last bar of the one before. No connection is held between
 * pages. A page sees what is committed when it is asked for. By the primary key of bars.
 */
export async function* readBars(session: Session, schema: string, id: number, within: Interval): AsyncGenerator<Bar> {
  const sql = `select ${epochMs("open_time")} as "openTime", open, high, low, close, volume, vwap, trade_count as "tradeCount"
    from ${schema}.bars
    where series_id = $1 and open_time >= $2 and open_time < $3
    order by open_time limit ${PAGE_ROWS}`;
  let rest = clip(within, TIMES);
  while (rest !== undefined) {
    const rows = await session.query<BarRow>(sql, [id, timeText(rest.start), timeText(rest.end)]);
    for (const row of rows) yield toBar(row);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE_ROWS) return;
    // Times are whole milliseconds, so nothing lies between.
    rest = clip({ start: last.openTime + 1, end: rest.end }, TIMES);
  }
}

function toBar({ vwap, tradeCount, openTime, open, high, low, close, volume }: BarRow): Bar {
  const bar = { openTime, open, high, low, close, volume };
  if (tradeCount !== null && vwap !== null) return { ...bar, tradeCount, vwap };
  if (tradeCount !== null) return { ...bar, tradeCount };
  return vwap === null ? bar : { ...bar, vwap };
}
