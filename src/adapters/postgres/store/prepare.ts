import type { Bar, SeriesBars } from "../../../model/bar.ts";
import type { CoveredSpan } from "../../../model/coverage.ts";
import { isEmpty } from "../../../model/interval.ts";
import { seriesKey } from "../../../model/series.ts";
import { sum } from "../../../model/sum.ts";
import { checkCommit } from "./check-commit.ts";
import type { SeriesIds } from "./series-ids.ts";
import type { IdSpan } from "./settle.ts";

/** A commit by series ids. */
export interface Prepared {
  /** The bars of each series, in any order, open times twice included; none without bars. */
  readonly barsById: ReadonlyMap<number, readonly Bar[]>;
  /** How many there are. */
  readonly passed: number;
  /** Not empty each. */
  readonly covered: readonly IdSpan[];
  /** One a series with bars: from the first to the last open time, both included. */
  readonly spread: readonly IdSpan[];
}

/** Checks a commit and names its series; `undefined` when there is nothing to do. */
export async function prepare(
  ids: SeriesIds,
  bars: readonly SeriesBars[],
  covered: readonly CoveredSpan[],
): Promise<Prepared | undefined> {
  checkCommit(bars, covered);
  const filled = bars.filter((entry) => entry.bars.length > 0);
  const spans = covered.filter(({ interval }) => !isEmpty(interval));
  if (filled.length === 0 && spans.length === 0) return undefined;

  const idByKey = await ids.ensure([...filled, ...spans].map(({ series }) => series));
  const idOf = ({ series }: Pick<CoveredSpan, "series">) => idByKey.get(seriesKey(series)) as number;
  const barsById = new Map<number, readonly Bar[]>();
  for (const entry of filled) barsById.set(idOf(entry), [...(barsById.get(idOf(entry)) ?? []), ...entry.bars]);
  return {
    barsById,
    passed: sum(filled, ({ bars }) => bars.length),
    covered: spans.map((span) => ({ id: idOf(span), interval: span.interval })),
    spread: [...barsById].map(spreadOf),
  };
}

function spreadOf([id, bars]: readonly [number, readonly Bar[]]): IdSpan {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const { openTime } of bars) {
    if (openTime < start) start = openTime;
    if (openTime > end) end = openTime;
  }
  return { id, interval: { start, end } };
}
