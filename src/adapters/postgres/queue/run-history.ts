import type { RunHistory, RunRecord } from "../../../contracts/run-history.ts";
import type { RunState } from "../../../contracts/slice-queue.ts";
import type { EpochMs } from "../../../model/interval.ts";
import type { Timeframe } from "../../../model/timeframe.ts";
import { databaseOf, type PostgresClient } from "../client.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "../schema.ts";

/** What {@link runHistory} takes. */
export interface RunHistoryOptions {
  /** Only runs of this provider; absent means any. */
  readonly provider?: string;
  /** Only runs in one of these states; absent means any. */
  readonly states?: readonly RunState[];
  /** The most runs to read, the latest; a whole number of 1 or more, default 10,000. */
  readonly most?: number;
  /** Where {@link migrate} made the tables; `barfill` by default. */
  readonly schema?: string;
}

interface HistoryRow {
  readonly slice_id: string;
  readonly label: string | null;
  readonly timeframe: Timeframe;
  readonly slice_from: EpochMs;
  readonly slice_to: EpochMs;
  readonly symbols: number;
  readonly first_symbol: string;
  readonly state: RunState;
  readonly attempt: number;
  readonly started_at: EpochMs;
  readonly finished_at: EpochMs | null;
  readonly bars: number;
  readonly requests: number;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly total: number;
}

const ms = (column: string) => `(extract(epoch from ${column}) * 1000)::float8`;

/**
 * What the queue remembers of the runs that were started: one entry a slice, with the requests of its last lease alone,
 * until it is pruned or queued afresh. Scans `job_runs`. Rejects with {@link StoreError}.
 */
export async function runHistory(
  client: PostgresClient,
  { provider, states, most = 10_000, schema = DEFAULT_SCHEMA }: RunHistoryOptions = {},
): Promise<RunHistory> {
  const rows = await databaseOf(client).patient.query<HistoryRow>(
    `select r.slice_id, r.label, r.timeframe, ${ms("r.slice_from")} as slice_from, ${ms("r.slice_to")} as slice_to,
            jsonb_array_length(r.slice->'symbols') as symbols, r.slice->'symbols'->>0 as first_symbol,
            r.status as state, r.attempt, ${ms("r.started_at")} as started_at, ${ms("r.finished_at")} as finished_at,
            r.rows_written::float8 as bars, r.requests - r.requests_before as requests, r.error_code, r.error_message,
            (count(*) over ())::float8 as total
     from ${quoteSchema(schema)}.job_runs r
     where r.started_at is not null and ($1::text is null or r.provider = $1) and ($3::text[] is null or r.status = any ($3))
     order by r.started_at desc, r.id desc limit $2`,
    [provider ?? null, most, states ?? null],
  );
  return { runs: rows.reverse().map(toRecord), total: rows[0]?.total ?? 0 };
}

function toRecord(row: HistoryRow): RunRecord {
  return {
    sliceId: row.slice_id,
    ...(row.label === null ? {} : { label: row.label }),
    timeframe: row.timeframe,
    interval: { start: row.slice_from, end: row.slice_to },
    symbols: row.symbols,
    firstSymbol: row.first_symbol,
    state: row.state,
    attempt: row.attempt,
    startedAt: row.started_at,
    ...(row.finished_at === null ? {} : { finishedAt: row.finished_at }),
    bars: row.bars,
    requests: row.requests,
    ...(row.error_code === null ? {} : { error: { code: row.error_code, message: row.error_message ?? "" } }),
  };
}
