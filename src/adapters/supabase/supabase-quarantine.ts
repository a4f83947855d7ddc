import type { Quarantine } from "../../contracts/quarantine.ts";
import { quarantineOnFunctions } from "../postgres/quarantine-on-functions.ts";
import type { SupabaseAdapterOptions } from "./client.ts";
import { rpcFunctions } from "./rpc-functions.ts";

/**
 * A {@link Quarantine} in a Supabase project, through its API. A symbol that is added again keeps its first reason and
 * time until that entry is over; then the new one counts. `list` goes by code point and may be empty. Rejects with
 * {@link StoreError}.
 */
export function supabaseQuarantine({ client, ...options }: SupabaseAdapterOptions): Quarantine {
  return quarantineOnFunctions(rpcFunctions(client, options));
}
