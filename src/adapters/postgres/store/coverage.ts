import type { Coverage } from "../../../model/coverage.ts";
import { clip, type Interval } from "../../../model/interval.ts";
import { type Series, seriesKey } from "../../../model/series.ts";
import type { Session } from "../client.ts";
import { wordArrays, wordsFrom } from "./series-ids.ts";
import { epochMs, TIMES, timeText } from "./times.ts";

/** One query for all of `series`: by the unique index of series and the primary key of coverage. */
export async function coverageOf(
  session: Session,
  schema: string,
  series: readonly Series[],
  within: Interval,
): Promise<Coverage> {
  const found = new Map<string, Interval[]>();
  const clipped = clip(within, TIMES);
  if (series.length === 0 || clipped === undefined) return found;
  const rows = await session.query<Interval & { n: number }>(
    `select w.n::int as n, ${epochMs("lower(span)")} as start, ${epochMs("upper(span)")} as "end"
     from ${wordsFrom}
     join ${schema}.series s using (provider, symbol, timeframe, feed, adjustment)
     join ${schema}.coverage c on c.series_id = s.id
     cross join lateral unnest(c.spans * tstzmultirange(tstzrange($6, $7))) as span
     order by w.n, span`,
    [...wordArrays(series), timeText(clipped.start), timeText(clipped.end)],
  );
  for (const { n, start, end } of rows) {
    const key = seriesKey(series[n - 1] as Series);
    const spans = found.get(key) ?? [];
    found.set(key, spans);
    spans.push({ start, end });
  }
  return found;
}
