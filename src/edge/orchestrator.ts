import type { RunFilter } from "../contracts/slice-queue.ts";
import { parseTimeframe } from "../model/timeframe.ts";
import type { Answer } from "./answer.ts";
import { type Act, edgeFunction } from "./edge-function.ts";
import type { EdgeContext, EdgeFunction, EdgeOptions } from "./edge-options.ts";
import { status } from "./status.ts";
import { tick } from "./tick.ts";

export interface OrchestratorOptions<Name extends string = string> extends EdgeOptions<Name> {
  /** The most runs under way at once, whoever works them; 1 or more, default 5. */
  readonly maxConcurrentRuns?: number;
}

const DEFAULT_MAX_CONCURRENT_RUNS = 5;
const ACTIONS = "tick, status, retry_failed or health";

/**
 * Keeps the queue going. Call `?action=tick` every minute: it queues what the definitions lack, frees the runs of workers
 * that died, and works runs, or has the batch function work them, until the time is up. Ticks may overlap: a run is
 * worked once, and no more than `maxConcurrentRuns` at a time, over all ticks together.
 *
 * `?action=status` shows the queue by label and state, what is running since when, and what is next.
 * `?action=retry_failed` (with `label` and `timeframe`, if not all are meant) puts failed runs back into the queue.
 */
export function orchestrator<Name extends string>(options: OrchestratorOptions<Name>): EdgeFunction {
  const { maxConcurrentRuns = DEFAULT_MAX_CONCURRENT_RUNS } = options;
  const act: Act = async (context, request, action, answer) => {
    switch (action) {
      case "tick": {
        const ticked = await tick(context, maxConcurrentRuns);
        return answer(ticked.halted === undefined ? 200 : 502, ticked);
      }
      case "status":
        return answer(200, await status(context, maxConcurrentRuns));
      case "retry_failed":
        return retryFailed(context, new URL(request.url).searchParams, answer);
      default:
        return answer(400, { error: { code: "ACTION", message: `expected ?action= with ${ACTIONS}` } });
    }
  };
  return edgeFunction("orchestrator", options, act, { maxConcurrentRuns });
}

async function retryFailed({ backfill }: EdgeContext, query: URLSearchParams, answer: Answer): Promise<Response> {
  const label = query.get("label");
  const spelled = query.get("timeframe");
  const timeframe = spelled === null ? undefined : parseTimeframe(spelled);
  if (spelled !== null && timeframe === undefined) {
    return answer(400, { error: { code: "TIMEFRAME", message: "expected a timeframe, such as m15 or 1Day" } });
  }
  const filter: RunFilter = { ...(label === null ? {} : { label }), ...(timeframe === undefined ? {} : { timeframe }) };
  return answer(200, { requeued: await backfill.retryFailed(filter) });
}
