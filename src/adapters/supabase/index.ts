/**
 * The same tables through Supabase's HTTP API, for places that cannot open a connection.
 *
 * @module barfill/supabase
 */

export type { JobFilter } from "../postgres/jobs-on-functions.ts";
export type { RunRow } from "../postgres/queue/queue-on-functions.ts";
export type {
  RpcAnswer,
  RpcCall,
  RpcError,
  SupabaseAdapterOptions,
  SupabaseCallOptions,
  SupabaseClient,
  SupabaseOptions,
} from "./client.ts";
export { listJobs, loadJobs, saveJobs, setEnabled } from "./jobs.ts";
export { type MigrationFile, supabaseMigrations } from "./migrations.ts";
export { supabaseQuarantine } from "./supabase-quarantine.ts";
export { type SupabaseQueue, supabaseQueue } from "./supabase-queue.ts";
export { supabaseStore } from "./supabase-store.ts";
