import type { Interval } from "../../../model/interval.ts";
import type { Session } from "../client.ts";
import type { Arrays } from "./arrays.ts";

/** A span by series id. */
export interface IdSpan {
  readonly id: number;
  readonly interval: Interval;
}

/**
 * Locks the coverage of every series that a commit touches, adds `covered` to it, and returns the ids of the series
 * whose bars are fresh: nothing is covered, and no bar is held, from the first to the last of `spread`.
 *
 * The lock makes commits of one series take turns, in the order of their ids. A span that is covered already is not
 * written. One statement: by the primary keys of coverage and bars.
 *
 * @param covered Not empty each, in any order.
 * @param spread One a series: the first and the last open time, both included.
 */
export async function settle(
  session: Session,
  schema: string,
  arrays: Arrays,
  covered: readonly IdSpan[],
  spread: readonly IdSpan[],
): Promise<ReadonlySet<number>> {
  const columns = (spans: readonly IdSpan[]) => [
    arrays.ints(spans.map(({ id }) => id)),
    arrays.times(spans.map(({ interval }) => interval.start)),
    arrays.times(spans.map(({ interval }) => interval.end)),
  ];
  const ids = [...new Set([...covered, ...spread].map(({ id }) => id))];
  const rows = await session.query<{ id: number }>(
    `with held as (
       select series_id, spans from ${schema}.coverage where series_id = any($7::int[]) order by series_id for update
     ), settled as (
       insert into ${schema}.coverage as c (series_id, spans)
       select id, range_agg(tstzrange(first, past)) from unnest($1::int[], $2::timestamptz[], $3::timestamptz[])
         as covered(id, first, past) group by id order by id
       on conflict (series_id) do update set spans = c.spans + excluded.spans
       where not c.spans @> excluded.spans
     )
     select s.id from unnest($4::int[], $5::timestamptz[], $6::timestamptz[]) as s(id, first, last)
     left join held h on h.series_id = s.id
     where not coalesce(h.spans && tstzrange(s.first, s.last, '[]'), false) and not exists (
       select from ${schema}.bars b where b.series_id = s.id and b.open_time between s.first and s.last
     )`,
    [...columns(covered), ...columns(spread), arrays.ints(ids)],
  );
  return new Set(rows.map(({ id }) => id));
}
