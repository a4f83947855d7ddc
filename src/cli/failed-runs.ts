import { runHistory } from "../adapters/postgres/index.ts";
import type { RunRecord } from "../contracts/run-history.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { groupBy } from "../model/group-by.ts";
import { intersect } from "../model/interval.ts";
import type { Label } from "../model/names.ts";
import type { Report } from "../model/report.ts";
import { seriesKey } from "../model/series.ts";
import { type Slice, seriesOf, spansOf } from "../model/slice.ts";
import type { Timeframe } from "../model/timeframe.ts";
import { gapsIn } from "../planning/wanted.ts";
import { failedRun } from "../reporting/report.ts";
import type { DatabaseTarget } from "./target/target.ts";
import { cut } from "./text/cut.ts";
import { plural } from "./text/words.ts";

/** Runs of one label and timeframe that failed for one reason. */
export interface FailedRuns {
  /** Absent for runs that serve no job. */
  readonly label?: Label;
  readonly timeframe: Timeframe;
  /** Of the latest of them. */
  readonly error: RunError;
  /** 1 or more. */
  readonly runs: number;
}

/** Of a run that was set to failed by hand. */
const NO_REASON: RunError = { code: "UNEXPECTED", message: "no reason is kept" };

/** `runs`, all of which failed, in groups; the largest first, in the order of `runs` otherwise. */
export function failedRuns(runs: readonly Pick<RunRecord, "label" | "timeframe" | "error">[]): FailedRuns[] {
  const failed = runs.map(({ error = NO_REASON, ...run }) => ({ ...run, error }));
  const groups = groupBy(failed, ({ label, timeframe, error }) =>
    JSON.stringify([label, timeframe, error.code, withoutRequestId(error.message)]),
  );
  const all = [...groups.values()].map((group) => {
    const { label, timeframe } = group[0];
    const { error } = group.at(-1) ?? group[0];
    return { ...defined({ label }), timeframe, error, runs: group.length };
  });
  return all.sort((a, b) => b.runs - a.runs);
}

/** One line a group, as far as there is room, and what to do about them; none for none. */
export function failedLines(failed: readonly FailedRuns[]): string[] {
  if (failed.length === 0) return [];
  const lines = failed.map(({ label, timeframe, error, runs }) => {
    const name = [...(label === undefined ? [] : [label]), timeframe].join(" ");
    return `failed: ${name}: ${error.message} (${plural(runs, "run")})`;
  });
  return [...cut(lines), `to try again: ${TRY_AGAIN}`];
}

/** What is done about failed runs, once their reason is mended. */
export const TRY_AGAIN = "barfill retry and then barfill work, or barfill run";

/** Request ids differ where nothing else does. */
export function withoutRequestId(message: string): string {
  return message.replace(/ \(request [^)]*\)$/, "");
}

/**
 * `report` of a process that only looked, with what the queue remembers: `runs`, all of which failed, and their
 * `slices`. A series that lacks something of one of them has failed; one that is covered, withheld or refused stays
 * what it is.
 */
export function withFailed(report: Report, runs: readonly RunRecord[], slices: readonly Slice[]): Report {
  const errors = new Map(runs.map(({ sliceId, error = NO_REASON }) => [sliceId, error]));
  const lacking = new Map(report.gaps.map(({ series, intervals }) => [seriesKey(series), intervals]));
  const isLacking = ({ interval }: Slice, key: string) => intersect(lacking.get(key) ?? [], [interval]).length > 0;
  const broken = new Set(
    slices.flatMap((slice) =>
      seriesOf(slice)
        .map(seriesKey)
        .filter((key) => isLacking(slice, key)),
    ),
  );
  return {
    ...report,
    series: report.series.map((one) =>
      (one.state === "missing" || one.state === "partly") && broken.has(seriesKey(one.series))
        ? { ...one, state: "failed" }
        : one,
    ),
    failed: slices.flatMap((slice) => {
      const error = errors.get(slice.id);
      return error === undefined ? [] : [failedRun(slice, error)];
    }),
  };
}

/**
 * How many of the runs of `provider` that failed still lack bars: what the others lacked came by other runs since. What
 * a run that asks again was to bring is held already, so it lacks none.
 */
export async function failedRunsLacking(
  { client, schema, queue, store }: DatabaseTarget,
  provider: string,
): Promise<number> {
  const most = Number.MAX_SAFE_INTEGER;
  const { runs } = await runHistory(client, { provider, schema, states: ["failed"], most });
  const slices = await queue.runsBySliceId(runs.map(({ sliceId }) => sliceId));
  const failed = slices.map(({ slice }) => slice).filter(({ again }) => again === undefined);
  const gaps = await gapsIn(store, failed.flatMap(spansOf));
  const lacking = groupBy(gaps, ({ series }) => seriesKey(series));
  return failed.filter((slice) =>
    spansOf(slice).some(({ series, interval }) => {
      const gaps = lacking.get(seriesKey(series)) ?? [];
      return gaps.some(({ intervals }) => intersect(intervals, [interval]).length > 0);
    }),
  ).length;
}
