import type { JobDefinition } from "../../model/job.ts";
import { databaseOf, type PostgresClient } from "./client.ts";
import { type JobFilter, loadJobsOn, saveJobsOn, setEnabledOn } from "./jobs-on-functions.ts";
import { DEFAULT_SCHEMA } from "./schema.ts";
import { sqlFunctions } from "./sql-functions.ts";

/** What the functions of this file take. */
export interface JobsOptions {
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

/**
 * Writes jobs to `job_definitions`: new ones, and new symbols, windows and priorities for those that are known by label
 * and timeframe, which keep their ids. Runs of a new job that were queued before it are linked with it, which scans
 * `job_runs`. All or none. Jobs that are not in the list stay as they are. Rejects with {@link StoreError}, and with
 * {@link OptionsError} for two of one label and timeframe, of which one would be lost.
 *
 * @example
 * ```ts
 * await saveJobs(client, defineJobs({ label: "US_BATCH", symbols, windowDays: { m15: 90, d1: 730 } }));
 * ```
 */
export async function saveJobs(
  client: PostgresClient,
  jobs: readonly JobDefinition[],
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<void> {
  await saveJobsOn(sqlFunctions(databaseOf(client).patient, schema), jobs);
}

/**
 * The jobs that are enabled, as {@link defineJobs} orders them: by descending priority, then by label, numbers in it by
 * their value, then from the shortest timeframe to the longest. Empty when there are none. Rejects with
 * {@link StoreError}.
 *
 * A row that was written by hand comes as it is, even if no job may be so, with a list of symbols that is none, say: a
 * `tick` leaves it out, tells its observer what is wrong with it, and plans the others.
 */
export async function loadJobs(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<JobDefinition[]> {
  return loadJobsOn(sqlFunctions(databaseOf(client), schema), { disabled: false });
}

/** All jobs, those that are disabled too, in the order of {@link loadJobs}. Rejects with {@link StoreError}. */
export async function listJobs(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<JobDefinition[]> {
  return loadJobsOn(sqlFunctions(databaseOf(client), schema), { disabled: true });
}

/**
 * Enables or disables jobs; returns how many match `filter`. What is queued already stays queued. Rejects with
 * {@link StoreError}.
 */
export async function setEnabled(
  client: PostgresClient,
  filter: JobFilter,
  enabled: boolean,
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<number> {
  return setEnabledOn(sqlFunctions(databaseOf(client), schema), filter, enabled);
}
