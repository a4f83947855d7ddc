/** What a call of a function answers. */
export interface RpcAnswer {
  readonly data: unknown;
  readonly error: RpcError | null;
  /** HTTP's; 0 when no answer came. */
  readonly status: number;
}

/** PostgREST's error, the gateway's, or that of a fetch that failed; only the first has a `code`. */
export interface RpcError {
  readonly message: string;
  readonly code?: string | null;
  readonly details?: string | null;
  readonly hint?: string | null;
}

/**
 * A client, known by its shape: what `createClient` of `@supabase/supabase-js` 2 returns, or a `PostgrestClient` of
 * `@supabase/postgrest-js`. It must carry the secret (service_role) key.
 */
export interface SupabaseClient {
  schema(name: string): {
    rpc(name: string, args: Readonly<Record<string, unknown>>): PromiseLike<RpcAnswer>;
  };
}

/** Where barfill is in a project. */
export interface SupabaseOptions {
  /**
   * Where the tables are; `public` by default, because that is what the API exposes. Another one has to be added to the
   * exposed schemas in the API settings of the project.
   */
  readonly schema?: string;
}

/** What the factories of this entry take. */
export interface SupabaseAdapterOptions extends SupabaseOptions {
  readonly client: SupabaseClient;
}

export const DEFAULT_SCHEMA = "public";
