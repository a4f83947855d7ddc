/** What a call of a function answers. */
export interface RpcAnswer {
  /** The function's result as JSON; `null` beside an error. */
  readonly data: unknown;
  /** `null` when the function answered. */
  readonly error: RpcError | null;
  /** HTTP's; 0 when no answer came. */
  readonly status: number;
}

/** PostgREST's error, the gateway's, or that of a fetch that failed; only the first has a `code`. */
export interface RpcError {
  /** For people. */
  readonly message: string;
  /** SQLSTATE, or PostgREST's own `PGRST…`. */
  readonly code?: string | null;
  /** What the server adds, where it does. */
  readonly details?: string | null;
  /** What to do, where the server knows. */
  readonly hint?: string | null;
}

/** A call under way. */
export interface RpcCall extends PromiseLike<RpcAnswer> {
  /** The same call, ended by `signal`. Without it, a call takes as long as the client lets it. */
  abortSignal?(signal: AbortSignal): PromiseLike<RpcAnswer>;
}

/**
 * A client, known by its shape: what `createClient` of `@supabase/supabase-js` 2 returns, or a `PostgrestClient` of
 * `@supabase/postgrest-js`. It must carry the secret (service_role) key.
 */
export interface SupabaseClient {
  /** A schema that the API exposes, and its functions; a call that fails resolves with `error`. */
  schema(name: string): {
    rpc(name: string, args: Readonly<Record<string, unknown>>): RpcCall;
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

/** How it is called. */
export interface SupabaseCallOptions extends SupabaseOptions {
  /**
   * How long one call may take, in ms; 1 to 600,000, default 20,000. A connection that fell silent is given up then,
   * and the call fails with a {@link StoreError} of disposition `retry`. More than the API's statement timeout (8 s by
   * default), or calls end before the database says why.
   */
  readonly timeoutMs?: number;
}

/** What the factories of this entry take. */
export interface SupabaseAdapterOptions extends SupabaseCallOptions {
  /** What `createClient` of `@supabase/supabase-js` returns, with a key that may call the functions. */
  readonly client: SupabaseClient;
}

export const DEFAULT_SCHEMA = "public";
