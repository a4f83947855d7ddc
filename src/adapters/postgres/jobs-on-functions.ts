import { OptionsError } from "../../errors.ts";
import type { JobDefinition } from "../../model/job.ts";
import type { Label } from "../../model/names.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";
import { shown } from "../../model/shown.ts";
import { TIMEFRAMES, type Timeframe } from "../../model/timeframe.ts";
import type { Functions } from "./functions.ts";
import { isBoolean, isNumber, isString, listOf, objectOf, type Shape } from "./shapes.ts";

/** Which jobs are meant: those of the label, of all timeframes unless one is given. */
export interface JobFilter {
  /** The whole label, as in `US_BATCH_1`. */
  readonly label: Label;
  /** Absent: the label's jobs in every timeframe. */
  readonly timeframe?: Timeframe;
}

type Reask = NonNullable<JobDefinition["reask"]>;

/**
 * What the types of the columns promise, and no more: in JSON, and in a text, people write by hand what no job may
 * hold. To refuse the answer for it would lose all jobs to one; where jobs are planned, each is looked at.
 */
const areJobs = listOf(
  objectOf<Omit<JobDefinition, "reask"> & { readonly reask: Reask | null }>({
    label: isString,
    symbols: asWritten<JobDefinition["symbols"]>,
    timeframe: isString as Shape<string> as Shape<Timeframe>,
    windowDays: isNumber,
    priority: isNumber,
    enabled: isBoolean,
    reask: asWritten<Reask | null>,
  }),
);

function asWritten<T>(_: unknown): _ is T {
  return true;
}

/** All or none. */
export async function saveJobsOn(functions: Functions, jobs: readonly JobDefinition[]): Promise<void> {
  assertEachOnce(jobs);
  await functions.value("save_jobs", { p_jobs: { json: withBatches(jobs) } }, isNumber);
}

/**
 * Of two with one label and timeframe only one has a row, and the symbols of the other would be in no job, unnoticed.
 * Rejected: to join them, as their windows may differ.
 */
function assertEachOnce(jobs: readonly JobDefinition[]): void {
  const seen = new Set<string>();
  const issues: OptionsIssue[] = [];
  for (const [index, { label, timeframe }] of jobs.entries()) {
    const key = JSON.stringify([label, timeframe]);
    const expected = "a label that no other job of this timeframe has";
    if (seen.has(key)) issues.push({ path: `jobs[${index}].label`, expected, received: shown(label) });
    seen.add(key);
  }
  if (issues.length > 0) throw new OptionsError(issues);
}

/**
 * As they are written there, right or wrong. By descending priority, then by label, numbers in it by their value, then
 * from the shortest timeframe to the longest.
 */
export async function loadJobsOn(
  functions: Functions,
  { disabled }: { readonly disabled: boolean },
): Promise<JobDefinition[]> {
  const rows = await functions.value("load_jobs", { p_disabled: disabled }, areJobs);
  const jobs = rows.map(({ reask, ...job }): JobDefinition => (reask === null ? job : { ...job, reask }));
  const { compare } = new Intl.Collator("en", { numeric: true });
  return jobs.sort(
    (a, b) =>
      b.priority - a.priority ||
      compare(a.label, b.label) ||
      TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe),
  );
}

export function setEnabledOn(functions: Functions, { label, timeframe }: JobFilter, enabled: boolean): Promise<number> {
  const args = { p_label: label, p_timeframe: timeframe ?? null, p_enabled: enabled };
  return functions.value("enable_jobs", args, isNumber);
}

/** `US_BATCH_2` of three that are saved together is batch 2 of 3; a label without a number has no batch. */
function withBatches(jobs: readonly JobDefinition[]) {
  const batchOf = (label: string) => /^(.*)_([1-9]\d{0,8})$/.exec(label);
  const last = new Map<string, number>();
  for (const { label } of jobs) {
    const [, name, number] = batchOf(label) ?? [];
    if (name !== undefined) last.set(name, Math.max(last.get(name) ?? 0, Number(number)));
  }
  return jobs.map((job) => {
    const [, name, number] = batchOf(job.label) ?? [];
    return name === undefined ? job : { ...job, batch: Number(number), batches: last.get(name) };
  });
}
