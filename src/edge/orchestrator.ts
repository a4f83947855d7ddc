import { edgeFunction, ORCHESTRATOR } from "./edge-function.ts";
import type { EdgeFunction, EdgeOptions } from "./edge-options.ts";

/** What {@link orchestrator} takes beside what all functions do. */
export interface OrchestratorOptions<Name extends string = string> extends EdgeOptions<Name> {
  /** The most runs under way at once, whoever works them; 1 or more, default 5. */
  readonly maxConcurrentRuns?: number;
}

const DEFAULT_MAX_CONCURRENT_RUNS = 5;

/**
 * Keeps the queue going. Call `?action=tick` every minute: it queues what the definitions lack, frees the runs of
 * workers that died, and works runs, or has the batch function work them, until the time is up. Ticks may overlap: a
 * run is worked once, and no more than `maxConcurrentRuns` at a time, over all ticks together.
 *
 * `?action=status` shows the queue by label and state, what is running since when, and what is next.
 * `?action=retry_failed` (with `label` and `timeframe`, if not all are meant) puts failed runs back into the queue.
 */
export function orchestrator<Name extends string>(options: OrchestratorOptions<Name>): EdgeFunction {
  const { maxConcurrentRuns = DEFAULT_MAX_CONCURRENT_RUNS } = options;
  const load = async () => (await import("./orchestrate.ts")).orchestrate;
  return edgeFunction(ORCHESTRATOR, options, load, maxConcurrentRuns);
}
