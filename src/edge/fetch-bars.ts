import { edgeFunction } from "./edge-function.ts";
import type { EdgeFunction, EdgeOptions } from "./edge-options.ts";

/**
 * Fetches up to 50 symbols: `POST { symbols, timeframe, from, to, job_run_ids }`, all pages followed. Answers
 * `{ total_symbols, total_bars, symbols_processed, duration_ms, api_calls, … }`; see {@link FetchAnswer} for the rest.
 *
 * `job_run_ids` are ids of `job_runs`, or of slices. Those that are queued and due are claimed and worked; they must
 * lie within the symbols, the timeframe and the interval of the request (409 otherwise). Without any, what is missing
 * of the request is queued as runs of its own and worked at once. What does not fit into the time goes back to the
 * queue.
 *
 * Answers 400 with every problem of the request, 502 when the source refuses everything, else 200: look at `complete`.
 */
export function fetchBarsBatch<Name extends string>(options: EdgeOptions<Name>): EdgeFunction {
  return edgeFunction("fetch-bars-batch", options, async () => (await import("./fetch-act.ts")).fetchBatch);
}

/** As {@link fetchBarsBatch}, for `symbol` in place of `symbols`. */
export function fetchBars<Name extends string>(options: EdgeOptions<Name>): EdgeFunction {
  return edgeFunction("fetch-bars", options, async () => (await import("./fetch-act.ts")).fetchSingle);
}
