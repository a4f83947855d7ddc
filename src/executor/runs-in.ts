import type { RunCounts, RunState } from "../contracts/slice-queue.ts";

/** How many runs are in `state`, over all labels and timeframes of `counts`. */
export function runsIn(counts: readonly RunCounts[], state: RunState): number {
  return counts.reduce((sum, one) => sum + (one.state === state ? one.runs : 0), 0);
}
