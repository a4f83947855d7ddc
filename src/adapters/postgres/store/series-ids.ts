import { type Series, seriesKey } from "../../../model/series.ts";
import type { Database } from "../client.ts";
import { textLiteral } from "./arrays.ts";

/** The ids of series, remembered. They are never given to another series. */
export interface SeriesIds {
  /** The id of each of `series` by `seriesKey`; unknown ones are added. */
  ensure(series: readonly Series[]): Promise<ReadonlyMap<string, number>>;
  /** The id of `series`; `undefined` when nothing was ever committed of it. */
  find(series: Series): Promise<number | undefined>;
}

const COLUMNS = "provider, symbol, timeframe, feed, adjustment";

/** The five columns of `series` as text arrays, for {@link wordsFrom}. */
export function wordArrays(series: readonly Series[]): string[] {
  const column = (of: (series: Series) => string) => textLiteral(series.map(of));
  return [
    column((one) => one.provider),
    column((one) => one.symbol),
    column((one) => one.timeframe),
    column((one) => one.feed),
    column((one) => one.adjustment),
  ];
}

/** SQL for the rows of {@link wordArrays} in parameters 1 to 5, numbered from 1 in column `n`. */
export const wordsFrom = `unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[])
  with ordinality as w(${COLUMNS}, n)`;

export function seriesIds(database: Database, schema: string): SeriesIds {
  const known = new Map<string, number>();

  async function look(series: readonly Series[]): Promise<void> {
    // By the unique index of series.
    const sql = `select w.n::int as n, s.id from ${wordsFrom} join ${schema}.series s using (${COLUMNS})`;
    for (const { n, id } of await database.query<{ n: number; id: number }>(sql, wordArrays(series))) {
      known.set(seriesKey(series[n - 1] as Series), id);
    }
  }

  /** In a transaction of its own: an id that is remembered must outlive a commit that fails. */
  async function add(series: readonly Series[]): Promise<void> {
    // Each gets its row of coverage, so that there is something to lock before the first span.
    await database.query(
      `with added as (
         insert into ${schema}.series (${COLUMNS})
         select ${COLUMNS} from ${wordsFrom} order by ${COLUMNS}
         on conflict do nothing
         returning id
       )
       insert into ${schema}.coverage (series_id, spans) select id, '{}' from added on conflict do nothing`,
      wordArrays(series),
    );
  }

  return {
    async ensure(series) {
      const unknown = () => series.filter((one) => !known.has(seriesKey(one)));
      if (unknown().length > 0) await look(unknown());
      if (unknown().length > 0) {
        await add(unknown());
        await look(unknown());
      }
      return known;
    },

    async find(series) {
      const key = seriesKey(series);
      if (!known.has(key)) await look([series]);
      return known.get(key);
    },
  };
}
