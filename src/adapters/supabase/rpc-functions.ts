import { OptionsError, StoreError } from "../../errors.ts";
import { kindOf } from "../../model/shown.ts";
import type { Argument, Arguments, Functions } from "../postgres/functions.ts";
import { ifRolledBack } from "../postgres/if-rolled-back.ts";
import { checkShape, listOf } from "../postgres/shapes.ts";
import { DEFAULT_SCHEMA, type SupabaseCallOptions, type SupabaseClient } from "./client.ts";
import { fromRpcError } from "./rpc-errors.ts";

/** Of slices, 1 to 2 MB at 50 symbols each. */
const MOST_ROWS = 2000;

/** As long as one answer of a pool of connections, or of a source, may take. */
const BOUND_MS = 20_000;

/**
 * The functions of the schema, called through PostgREST. One POST a call, repeated where the server undid it alone.
 *
 * @throws {@link OptionsError}
 */
export function rpcFunctions(
  client: SupabaseClient,
  { schema = DEFAULT_SCHEMA, timeoutMs = BOUND_MS }: SupabaseCallOptions = {},
): Functions {
  if (typeof Reflect.get(Object(client), "schema") !== "function") {
    const expected = "what createClient of @supabase/supabase-js returns, or a PostgrestClient";
    throw new OptionsError([{ path: "client", expected, received: kindOf(client) }]);
  }
  if (!(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= 600_000)) {
    const expected = "a whole number from 1 to 600000";
    throw new OptionsError([{ path: "timeoutMs", expected, received: String(timeoutMs) }]);
  }
  const call = (name: string, args: Arguments): Promise<unknown> => {
    const body = Object.fromEntries(Object.entries(args).map(([parameter, value]) => [parameter, encode(value)]));
    return ifRolledBack(() => post(name, body));
  };
  const post = async (name: string, body: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const asked = client.schema(schema).rpc(name, body);
    const bound = AbortSignal.timeout(timeoutMs);
    const { data, error, status } = await (asked.abortSignal?.(bound) ?? asked);
    if (error === null) return data;
    if (bound.aborted && status === 0) {
      throw new StoreError(`${name}: no answer within ${timeoutMs} ms`, { disposition: "retry", cause: error });
    }
    throw fromRpcError(name, error, status);
  };
  return {
    value: async (name, args, shape) => checkShape(name, await call(name, args), shape),
    // PostgREST cuts sets at 1,000 rows or at what the project says, and tells nobody; one value it leaves alone.
    rows: async (name, args, shape) => checkShape(name, await call(`${name}_json`, args), listOf(shape)),
    mostRows: MOST_ROWS,
  };
}

function encode(value: Argument): unknown {
  return typeof value === "object" && value !== null && "json" in value ? value.json : value;
}
