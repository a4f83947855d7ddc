import type { Coverage } from "../../../model/coverage.ts";
import { clip, type Interval } from "../../../model/interval.ts";
import { type Series, seriesKey } from "../../../model/series.ts";
import type { Functions } from "../functions.ts";
import { isNumber, listOf } from "../shapes.ts";
import { wordArgs } from "./series-ids.ts";
import { TIMES, timeText } from "./times.ts";

/** What a call asks for; their spans come as one value. */
const SERIES_AT_ONCE = 1000;

const areSpans = listOf(listOf(isNumber));

/** What is covered of `series`, call by call: each sees what is committed when it is asked. */
export async function coverageOf(functions: Functions, series: readonly Series[], within: Interval): Promise<Coverage> {
  const found = new Map<string, Interval[]>();
  const clipped = clip(within, TIMES);
  if (clipped === undefined) return found;
  const bounds = { p_start: timeText(clipped.start), p_end: timeText(clipped.end) };
  for (let from = 0; from < series.length; from += SERIES_AT_ONCE) {
    const asked = series.slice(from, from + SERIES_AT_ONCE);
    const spans = await functions.value("coverage_of", { ...wordArgs(asked), ...bounds }, areSpans);
    for (const [n, start, end] of spans as readonly [number, number, number][]) {
      const key = seriesKey(asked[n - 1] as Series);
      const intervals = found.get(key) ?? [];
      found.set(key, intervals);
      intervals.push({ start, end });
    }
  }
  return found;
}
