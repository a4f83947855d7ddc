import type { QuarantinedSymbol } from "../contracts/quarantine.ts";
import { toRunError } from "../executor/retry.ts";
import { barsOf } from "../executor/tally.ts";
import type { WorkedRun, WorkSummary } from "../executor/worker.ts";
import type { BadBar } from "../model/bar.ts";
import type { CoveredSpan, Gap } from "../model/coverage.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { groupBy } from "../model/group-by.ts";
import { merge, subtract } from "../model/interval.ts";
import type {
  BatchReport,
  EmptySeries,
  FailedRun,
  Report,
  RunEndings,
  SeriesState,
  SeriesStatus,
} from "../model/report.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { type Slice, seriesOf } from "../model/slice.ts";
import { TIMEFRAMES } from "../model/timeframe.ts";
import type { Wanted } from "../planning/wanted.ts";

/** Everything a report is made of. A series may be in it several times, when several requests want it. */
export interface ReportInput extends Wanted {
  readonly gaps: readonly Gap[];
  readonly quarantined: readonly QuarantinedSymbol[];
  readonly empty: readonly EmptySeries[];
  /** What this process did; absent when it only looks. */
  readonly work?: WorkSummary;
  readonly elapsedMs: number;
}

/** The truth about what was wanted, and what was done for it. Pure. */
export function buildReport(input: ReportInput): Report {
  const { elapsedMs, work } = input;
  const gaps = eachOnce(input.gaps.flatMap(spansIn));
  const withheld = eachOnce(input.withheld);
  const askable = eachOnce(input.askable);
  const runs = work?.runs ?? [];
  const last = lastEndings(runs);
  const wanted = new Set(input.series.map((series) => series.symbol));
  const quarantined = input.quarantined.filter(({ symbol }) => wanted.has(symbol));
  const failed = last
    .filter(({ ending }) => ending === "failed")
    .map(({ slice, error }) => failedRun(slice, toRunError(error)));
  const sums = sumOf(runs);
  const badBars = badBarsOf(runs);
  return {
    complete: gaps.size === 0 && withheld.size === 0,
    ...(work?.halted === undefined ? {} : { halted: toRunError(work.halted) }),
    requests: sums.requests,
    bars: barsOf(sums),
    inserted: sums.inserted,
    revised: sums.revised,
    unchanged: sums.unchanged,
    elapsedMs,
    wanted: [...askable.values()].flatMap(spansIn),
    series: statusesOf(),
    gaps: [...gaps.values()],
    withheld: [...withheld.values()].flatMap(spansIn),
    quarantined: quarantined.map(({ provider: _, ...refused }) => refused),
    failed,
    badBars,
    badBarCount: Math.max(badBars.length, mostBadBars(runs)),
    empty: emptyInOrder(),
    runs: endingsOf(last),
    batches: batchesOf(runs),
  };

  /** As they were wanted, not as their runs ended. What is not wholly answered may have bars: it is left out. */
  function emptyInOrder(): EmptySeries[] {
    const empty = new Map(input.empty.map((series) => [seriesKey(series), series]));
    const keys = new Set(input.series.map(seriesKey));
    return [...keys].flatMap((key) => (gaps.has(key) ? [] : (empty.get(key) ?? [])));
  }

  function statusesOf(): SeriesStatus[] {
    const refused = new Set(quarantined.map(({ symbol }) => symbol));
    const broken = failedSeries(last);
    const each = new Map(input.series.map((series) => [seriesKey(series), series]));
    return [...each].map(([key, series]) => ({ series, state: stateOf(key, series) }));

    function stateOf(key: string, { symbol }: Series): SeriesState {
      const gap = gaps.get(key);
      if (gap === undefined) return withheld.has(key) ? "withheld" : "covered";
      if (refused.has(symbol)) return "quarantined";
      if (broken.has(key)) return "failed";
      return subtract(askable.get(key)?.intervals ?? [], gap.intervals).length === 0 ? "missing" : "partly";
    }
  }
}

/** One entry a series, its intervals merged, in the order in which the series come. */
function eachOnce(spans: readonly CoveredSpan[]): Map<string, Gap> {
  const groups = groupBy(spans, ({ series }) => seriesKey(series));
  return new Map(
    [...groups].map(([key, group]) => [
      key,
      { series: group[0].series, intervals: merge(group.map(({ interval }) => interval)) },
    ]),
  );
}

function spansIn({ series, intervals }: Gap): CoveredSpan[] {
  return intervals.map((interval) => ({ series, interval }));
}

/** A bad bar that was asked for again, and was bad again, counts once, as it came last. */
function badBarsOf(runs: readonly WorkedRun[]): BadBar[] {
  const bad = runs.flatMap(({ tally }) => tally.bad);
  return [...new Map(bad.map((bar) => [`${seriesKey(bar.series)}|${bar.openTime}`, bar])).values()];
}

function mostBadBars(runs: readonly WorkedRun[]): number {
  const most = new Map<string, number>();
  for (const { slice, tally } of runs) most.set(slice.id, Math.max(most.get(slice.id) ?? 0, tally.badBars));
  return [...most.values()].reduce((sum, count) => sum + count, 0);
}

/** The series of `runs` that were asked for and brought no bar, none twice, in the order they were asked. */
export function silentSeries(runs: readonly WorkedRun[]): Series[] {
  const silent = new Map<string, Series>();
  const heard = new Set<string>();
  for (const { slice, tally } of runs) {
    const asked = new Set(tally.asked.flatMap((request) => request.symbols));
    for (const series of seriesOf(slice)) {
      if (tally.symbolsWithBars.has(series.symbol)) heard.add(seriesKey(series));
      else if (asked.has(series.symbol)) silent.set(seriesKey(series), series);
    }
  }
  return [...silent].filter(([key]) => !heard.has(key)).map(([, series]) => series);
}

/**
 * A run that was put back and taken again counts once, as it ended last. Where the worker took over from itself, the
 * lease that was lost may be let go of after the run has ended under the other.
 */
function lastEndings(runs: readonly WorkedRun[]): WorkedRun[] {
  const last = new Map<string, WorkedRun>();
  for (const run of runs) {
    const ended = last.get(run.slice.id)?.ending;
    if (run.ending === "lost" && (ended === "failed" || ended === "success")) continue;
    last.set(run.slice.id, run);
  }
  return [...last.values()];
}

function failedSeries(runs: readonly WorkedRun[]): Set<string> {
  const failed = runs.filter(({ ending }) => ending === "failed");
  return new Set(failed.flatMap(({ slice }) => seriesOf(slice).map(seriesKey)));
}

export function failedRun({ id, label, symbols, timeframe, interval }: Slice, error: RunError): FailedRun {
  return { sliceId: id, ...defined({ label }), symbols, timeframe, interval, error };
}

function endingsOf(runs: readonly WorkedRun[]): RunEndings {
  const count = (...endings: WorkedRun["ending"][]) => runs.filter(({ ending }) => endings.includes(ending)).length;
  return {
    success: count("success"),
    failed: count("failed"),
    returned: count("returned", "retried"),
    lost: count("lost"),
  };
}

function sumOf(runs: readonly WorkedRun[]) {
  const sums = { requests: 0, inserted: 0, revised: 0, unchanged: 0 };
  for (const { tally } of runs) {
    sums.requests += tally.requests;
    sums.inserted += tally.inserted;
    sums.revised += tally.revised;
    sums.unchanged += tally.unchanged;
  }
  return sums;
}

function batchesOf(runs: readonly WorkedRun[]): BatchReport[] {
  const groups = groupBy(runs, ({ slice }) => `${slice.label ?? ""}|${slice.timeframe}`);
  const batches = [...groups.values()].map((group): BatchReport => {
    const { label, timeframe } = group[0].slice;
    const sums = sumOf(group);
    return {
      ...defined({ label }),
      timeframe,
      symbols: new Set(group.flatMap(({ slice }) => slice.symbols)).size,
      runs: endingsOf(lastEndings(group)),
      bars: barsOf(sums),
      requests: sums.requests,
    };
  });
  return batches.sort(byLabelAndTimeframe);
}

function byLabelAndTimeframe(a: BatchReport, b: BatchReport): number {
  const labels = (a.label ?? "").localeCompare(b.label ?? "", "en", { numeric: true });
  return labels || TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe);
}
