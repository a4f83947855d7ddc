import type { RunCounts, RunState } from "../contracts/slice-queue.ts";
import { sum } from "../model/sum.ts";

/** How many runs are in `state`, over all labels and timeframes of `counts`. */
export function runsIn(counts: readonly RunCounts[], state: RunState): number {
  return sum(counts, (one) => (one.state === state ? one.runs : 0));
}
