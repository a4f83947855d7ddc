import type { JobDefinition } from "../../model/job.ts";
import { TIMEFRAMES, type Timeframe } from "../../model/timeframe.ts";
import { databaseOf, type PostgresClient } from "./client.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";

type ReaskWindow = NonNullable<JobDefinition["reask"]>;

/** What the functions of this file take. */
export interface JobsOptions {
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

/** Which jobs are meant: those of the label, of all timeframes unless one is given. */
export interface JobFilter {
  readonly label: string;
  readonly timeframe?: Timeframe;
}

/**
 * Writes jobs to `job_definitions`: new ones, and new symbols, windows and priorities for those that are known by label
 * and timeframe, which keep their ids. All or none. Jobs that are not in the list stay as they are. Of two with the same
 * label and timeframe, the last one counts. Rejects with {@link StoreError}.
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
  const s = quoteSchema(schema);
  // Twice the same key in one statement is error 21000.
  const byKey = new Map(jobs.map((job) => [JSON.stringify([job.label, job.timeframe]), job]));
  const rows = withBatches([...byKey.values()]);
  // Reads the unique index on symbol and timeframe, in its order, so that two that save at once cannot deadlock.
  await databaseOf(client).query(
    `insert into ${s}.job_definitions as d (
       job_type, symbol, timeframe, window_days, priority, enabled, symbols_array, batch_number, total_batches, reask
     )
     select ${s}.job_type_of(j.timeframe), j.label, j.timeframe, j."windowDays", j.priority, j.enabled, j.symbols,
            j.batch, j.batches, j.reask
     from jsonb_to_recordset($1) as j (
       label text, timeframe text, "windowDays" int, priority int, enabled boolean, symbols jsonb, batch int, batches int,
       reask jsonb
     )
     order by j.label collate "C", j.timeframe collate "C"
     on conflict (symbol, timeframe) do update set
       job_type = excluded.job_type, window_days = excluded.window_days, priority = excluded.priority,
       enabled = excluded.enabled, symbols_array = excluded.symbols_array, batch_number = excluded.batch_number,
       total_batches = excluded.total_batches, reask = excluded.reask, updated_at = now()`,
    [JSON.stringify(rows)],
  );
}

/**
 * The jobs that are enabled, as {@link defineJobs} orders them: by descending priority, then by label, numbers in it by
 * their value, then from the shortest timeframe to the longest. Empty when there are none. Rejects with
 * {@link StoreError}.
 */
export async function loadJobs(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<JobDefinition[]> {
  const rows = await databaseOf(client).query<Omit<JobDefinition, "reask"> & { readonly reask: ReaskWindow | null }>(
    `select symbol as label, symbols_array as symbols, timeframe, window_days as "windowDays", priority, enabled, reask
     from ${quoteSchema(schema)}.job_definitions where enabled`,
  );
  const jobs = rows.map(({ reask, ...job }): JobDefinition => (reask === null ? job : { ...job, reask }));
  const { compare } = new Intl.Collator("en", { numeric: true });
  return jobs.sort(
    (a, b) =>
      b.priority - a.priority ||
      compare(a.label, b.label) ||
      TIMEFRAMES.indexOf(a.timeframe) - TIMEFRAMES.indexOf(b.timeframe),
  );
}

/** Enables or disables jobs; returns how many match `filter`. What is queued already stays queued. Rejects with {@link StoreError}. */
export async function setEnabled(
  client: PostgresClient,
  { label, timeframe }: JobFilter,
  enabled: boolean,
  { schema = DEFAULT_SCHEMA }: JobsOptions = {},
): Promise<number> {
  const rows = await databaseOf(client).query(
    `update ${quoteSchema(schema)}.job_definitions set enabled = $3, updated_at = now()
     where symbol = $1 and ($2::text is null or timeframe = $2) returning id`,
    [label, timeframe ?? null, enabled],
  );
  return rows.length;
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
