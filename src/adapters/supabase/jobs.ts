import type { JobDefinition } from "../../model/job.ts";
import { type JobFilter, loadJobsOn, saveJobsOn, setEnabledOn } from "../postgres/jobs-on-functions.ts";
import type { SupabaseCallOptions, SupabaseClient } from "./client.ts";
import { rpcFunctions } from "./rpc-functions.ts";

/**
 * Writes jobs to `job_definitions`: new ones, and new symbols, windows and priorities for those that are known by label
 * and timeframe, which keep their ids. All or none. Jobs that are not in the list stay as they are. Rejects with
 * {@link StoreError}, and with {@link OptionsError} for two of one label and timeframe, of which one would be lost.
 */
export async function saveJobs(
  client: SupabaseClient,
  jobs: readonly JobDefinition[],
  options: SupabaseCallOptions = {},
): Promise<void> {
  return saveJobsOn(rpcFunctions(client, options), jobs);
}

/**
 * The jobs that are enabled, as {@link defineJobs} orders them: by descending priority, then by label, numbers in it by
 * their value, then from the shortest timeframe to the longest. Empty when there are none. Rejects with
 * {@link StoreError}.
 *
 * A row that was written by hand comes as it is, even if no job may be so, with a list of symbols that is none, say: a
 * `tick` leaves it out, tells its observer what is wrong with it, and plans the others.
 */
export async function loadJobs(client: SupabaseClient, options: SupabaseCallOptions = {}): Promise<JobDefinition[]> {
  return loadJobsOn(rpcFunctions(client, options), { disabled: false });
}

/** All jobs, those that are disabled too, in the order of {@link loadJobs}. Rejects with {@link StoreError}. */
export async function listJobs(client: SupabaseClient, options: SupabaseCallOptions = {}): Promise<JobDefinition[]> {
  return loadJobsOn(rpcFunctions(client, options), { disabled: true });
}

/**
 * Enables or disables jobs; returns how many match `filter`. What is queued already stays queued. Rejects with
 * {@link StoreError}.
 */
export async function setEnabled(
  client: SupabaseClient,
  filter: JobFilter,
  enabled: boolean,
  options: SupabaseCallOptions = {},
): Promise<number> {
  return setEnabledOn(rpcFunctions(client, options), filter, enabled);
}
