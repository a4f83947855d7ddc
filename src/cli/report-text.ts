import type { Gap } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import type { Report } from "../model/report.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { MINUTE_MS } from "../model/units.ts";
import { failedLines, failedRuns } from "./failed-runs.ts";
import { cut, cutWords, MOST_LINES } from "./text/cut.ts";
import { table } from "./text/table.ts";
import { count, duration, plural, span } from "./text/words.ts";

/** What a backfill did and what is missing, for people; the last line says whether it is complete. */
export function reportLines(report: Report): string[] {
  const { batches, requests, bars, elapsedMs } = report;
  const rows = batches.map(({ label = "", timeframe, symbols, runs, bars, requests }) => {
    const all = runs.success + runs.failed + runs.returned + runs.lost;
    return [label, timeframe, count(symbols), `${count(runs.success)}/${count(all)}`, count(bars), count(requests)];
  });
  const head = ["label", "bars of", "symbols", "runs", "bars", "requests"];
  const minutes = Math.max(1, elapsedMs) / MINUTE_MS;
  return [
    ...(rows.length === 0 ? [] : [...table(head, rows, { words: 2 }), ""]),
    `${plural(requests, "request")} and ${plural(bars, "bar")} in ${duration(elapsedMs)}: ${plural(requests / minutes, "request")} a minute`,
    ...missingLines(report),
    ...(report.halted === undefined ? [] : [`halted: ${report.halted.message}`]),
    `complete: ${report.complete ? "yes" : "no"}`,
  ];
}

/** What is missing, by its reason; no line for what there is none of. */
export function missingLines(report: Report): string[] {
  const { gaps, withheld, quarantined, failed, badBarCount, empty } = report;
  return [
    ...cut(gaps.map(gapLine)),
    ...(withheld.length === 0
      ? []
      : [`withheld: the end of ${plural(withheld.length, "series", "series")} is too recent; ask again later`]),
    ...notYetLines(report),
    ...cut(quarantined.map(({ symbol, reason }) => `refused: ${symbol} (${reason})`)),
    ...failedLines(failedRuns(failed)),
    ...(badBarCount === 0 ? [] : [`${plural(badBarCount, "bad bar")} kept out`]),
    ...(empty.length === 0 ? [] : [`without data: ${byName(empty)}`]),
  ];
}

/** Of what begins after the last bar that is final nothing is missing, and nothing is there either. */
function notYetLines({ series, wanted, withheld }: Report): string[] {
  const begun = new Set([...wanted, ...withheld].map((span) => seriesKey(span.series)));
  const rest = groupBy(
    series.filter((one) => !begun.has(seriesKey(one.series))),
    (one) => one.series.timeframe,
  );
  return [...rest].map(([timeframe, all]) => {
    return `not yet: no bar of ${timeframe} is final since the start of ${plural(all.length, "series", "series")}`;
  });
}

function gapLine({ series, intervals }: Gap): string {
  const [first] = intervals;
  const more = intervals.length === 1 ? "" : ` and ${count(intervals.length - 1)} more`;
  return `gap: ${series.symbol} ${series.timeframe} ${first === undefined ? "" : span(first)}${more}`;
}

/** `VIX (15Min 1Hour)`. */
function byName(series: readonly Series[]): string {
  const names = [...groupBy(series, ({ symbol }) => symbol)].sort();
  const words = names.map(([symbol, all]) => `${symbol} (${all.map(({ timeframe }) => timeframe).join(" ")})`);
  return cutWords(words, MOST_LINES);
}
