import { quoteSchema } from "../schema.ts";

/**
 * One call of a function of `migrations/0002_queue.sql` an operation; the indexes it needs are named there. What is
 * counted comes as double precision, because `pg` gives bigint as text.
 */
export function queueSql(schema: string) {
  const s = quoteSchema(schema);
  return {
    enqueue: `select ${s}.enqueue_runs($1) as runs`,
    lease: `select slice, worker_id, attempt, expires_at_ms from ${s}.lease_runs($1, $2, $3, $4, $5, $6, $7)`,
    renew: `select place::int, expires_at_ms from ${s}.renew_runs($1, $2, $3, $4, $5)`,
    complete: `select place::int from ${s}.complete_runs($1, $2, $3, $4) as place`,
    retry: `select ${s}.retry_run($1, $2, $3, $4, $5, $6) as held`,
    fail: `select ${s}.fail_run($1, $2, $3, $4) as held`,
    open: `select slice from ${s}.open_runs($1, $2, $3, $4, $5)`,
    cancel: `select ${s}.cancel_runs($1, $2, $3, $4, $5) as runs`,
    requeue: `select ${s}.requeue_runs($1, $2, $3, $4, $5) as runs`,
    running: `select slice, worker_id as "workerId", attempt, since_ms as since, expires_at_ms as "expiresAt", bars
              from ${s}.running_runs($1, $2, $3, $4, $5)`,
    counts: `select of_label as label, in_status as state, runs::float8, bars::float8
             from ${s}.count_runs($1, $2, $3, $4, $5)`,
    find: `select row_id::float8 as "rowId", slice, status as state from ${s}.find_runs($1, $2) order by row_id`,
    prune: `select ${s}.prune_runs($1)::float8 as runs`,
  } as const;
}

export type QueueSql = ReturnType<typeof queueSql>;
