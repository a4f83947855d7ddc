import { type Series, seriesKey } from "../../../model/series.ts";
import type { Arguments, Functions } from "../functions.ts";
import { isNumber, listOf, orNull, type Shape } from "../shapes.ts";

/** The ids of series, remembered. They are never given to another series. */
export interface SeriesIds {
  /** The id of each of `series` by `seriesKey`; unknown ones are added. */
  ensure(series: readonly Series[]): Promise<ReadonlyMap<string, number>>;
  /** The id of `series`; `undefined` when nothing was ever committed of it. */
  find(series: Series): Promise<number | undefined>;
}

/** The words of `series`, as the functions take them. */
export function wordArgs(series: readonly Series[]): Arguments {
  return {
    p_providers: series.map(({ provider }) => provider),
    p_symbols: series.map(({ symbol }) => symbol),
    p_timeframes: series.map(({ timeframe }) => timeframe),
    p_feeds: series.map(({ feed }) => feed),
    p_adjustments: series.map(({ adjustment }) => adjustment),
  };
}

function areIdsOf(series: readonly Series[]): Shape<readonly (number | null)[]> {
  const areIds = listOf(orNull(isNumber));
  return (value): value is readonly (number | null)[] => areIds(value) && value.length === series.length;
}

export function seriesIds(functions: Functions): SeriesIds {
  const known = new Map<string, number>();

  async function look(name: "find_series" | "ensure_series", series: readonly Series[]): Promise<void> {
    const ids = await functions.value(name, wordArgs(series), areIdsOf(series));
    for (const [i, one] of series.entries()) {
      const id = ids[i];
      if (typeof id === "number") known.set(seriesKey(one), id);
    }
  }

  return {
    // In a transaction of its own: an id that is remembered must outlive a commit that fails.
    async ensure(series) {
      const unknown = series.filter((one) => !known.has(seriesKey(one)));
      if (unknown.length > 0) await look("ensure_series", unknown);
      return known;
    },

    async find(series) {
      const key = seriesKey(series);
      if (!known.has(key)) await look("find_series", [series]);
      return known.get(key);
    },
  };
}
