import { type PostgresQueue, queueOnFunctions } from "../postgres/queue/queue-on-functions.ts";
import type { SupabaseAdapterOptions } from "./client.ts";
import { rpcFunctions } from "./rpc-functions.ts";

/** The queue of a Supabase project: a {@link SliceQueue} that can be pruned and knows the rows of its runs. */
export type SupabaseQueue = PostgresQueue;

/**
 * A {@link SliceQueue} in a Supabase project, through its API: the queue of `barfill/postgres`, called through
 * PostgREST, so that workers of both kinds may share it. Times are the server's.
 *
 * One call an operation, and one for all renewals or completions that are asked for at once. `enqueue` sends 2,000
 * slices a call and `open` asks for 2,000; a run that comes or goes in between may or may not show. No call is
 * repeated, save after a deadlock or a serialization failure: a claim whose answer was lost is asked for again with the
 * same token. What looks at all runs (`counts`, `cancel`, `requeue`, `prune`) has to end within the statement timeout
 * of the API.
 *
 * Rejects with {@link StoreError}, of disposition `retry` when no answer came, when the gateway or the API were not
 * there, or when the database ended the call; and with {@link OptionsError} as `postgresQueue` does.
 */
export function supabaseQueue({ client, ...options }: SupabaseAdapterOptions): SupabaseQueue {
  return queueOnFunctions(rpcFunctions(client, options));
}
