import type { Argument, Arguments, Functions } from "../postgres/functions.ts";
import { ifRolledBack } from "../postgres/if-rolled-back.ts";
import { checkShape, listOf } from "../postgres/shapes.ts";
import { DEFAULT_SCHEMA, type SupabaseClient, type SupabaseOptions } from "./client.ts";
import { fromRpcError } from "./rpc-errors.ts";

/** Of slices, 1 to 2 MB at 50 symbols each. */
const MOST_ROWS = 2000;

/** The functions of the schema, called through PostgREST. One POST a call, repeated where the server undid it alone. */
export function rpcFunctions(client: SupabaseClient, { schema = DEFAULT_SCHEMA }: SupabaseOptions = {}): Functions {
  const call = (name: string, args: Arguments): Promise<unknown> => {
    const body = Object.fromEntries(Object.entries(args).map(([parameter, value]) => [parameter, encode(value)]));
    return ifRolledBack(() => post(name, body));
  };
  const post = async (name: string, body: Readonly<Record<string, unknown>>): Promise<unknown> => {
    const { data, error, status } = await client.schema(schema).rpc(name, body);
    if (error !== null) throw fromRpcError(name, error, status);
    return data;
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
