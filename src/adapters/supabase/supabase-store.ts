import type { BarStore } from "../../contracts/bar-store.ts";
import { coverageOf } from "../postgres/store/coverage.ts";
import { isWritten, mergeArgs } from "../postgres/store/merge.ts";
import { prepare } from "../postgres/store/prepare.ts";
import { readBars } from "../postgres/store/read.ts";
import { rowsOf } from "../postgres/store/rows.ts";
import { seriesIds } from "../postgres/store/series-ids.ts";
import { settleArgs } from "../postgres/store/settle.ts";
import type { SupabaseAdapterOptions } from "./client.ts";
import { jsonArrays } from "./json-arrays.ts";
import { rpcFunctions } from "./rpc-functions.ts";

/**
 * A {@link BarStore} in a Supabase project, through its API, after {@link supabaseMigrations}. Any number of processes
 * may share it, edge functions and workers on `barfill/postgres` alike.
 *
 * `commit` is one call, so bars and coverage are written in one transaction however many there are; 10,000 bars are
 * about 1 MB. The first commit of a series asks for its id in a call before it. `coverage` asks for 1,000 series a
 * call, `read` for 100 bars, then for 1,000, then for 10,000 at a time; each call sees what is committed when it is
 * made.
 *
 * Rejects with {@link OptionsError} when a time is no whole millisecond of the years 1 to 9998 or a trade count no
 * `int`, and with {@link StoreError}, of disposition `retry` when no answer came, when the gateway or the API were not
 * there, or when the database ended the call: a commit may always be repeated.
 *
 * @example
 * ```ts
 * import { createClient } from "@supabase/supabase-js";
 * import { supabaseStore } from "barfill/supabase";
 *
 * const client = createClient("https://project.supabase.co", "sb_secret_…");
 * const store = supabaseStore({ client });
 * ```
 */
export function supabaseStore({ client, ...options }: SupabaseAdapterOptions): BarStore {
  const functions = rpcFunctions(client, options);
  const ids = seriesIds(functions);
  return {
    async commit(bars, covered) {
      const prepared = await prepare(ids, bars, covered);
      if (prepared === undefined) return { inserted: 0, revised: 0, unchanged: 0 };
      const args = {
        ...settleArgs(jsonArrays, prepared.covered, prepared.spread),
        ...mergeArgs(jsonArrays, rowsOf(prepared.barsById)),
      };
      const { inserted, revised } = await functions.value("commit_bars", args, isWritten);
      return { inserted, revised, unchanged: prepared.passed - inserted - revised };
    },
    coverage: (series, within) => coverageOf(functions, series, within),
    async *read(series, within) {
      const id = await ids.find(series);
      if (id !== undefined) yield* readBars(functions, id, within);
    },
  };
}
