import type { Slice } from "../model/slice.ts";
import type { CostModel } from "../planners/cost-model.ts";
import { type CutAnewParts, cutAnew } from "./cut-anew.ts";

/** How often what others queue meanwhile is cut out of a plan's slices. */
const MOST_ROUNDS = 10;

/** Queues `slices`, less what others queued since they were cut; returns how many were new. */
export async function enqueueApart(slices: readonly Slice[], cost: CostModel, parts: CutAnewParts): Promise<number> {
  const { queue, healed } = parts;
  let fresh = 0;
  let left = slices;
  // Each time round somebody else was faster; whoever that was fetches what is not queued here in the end.
  for (let round = 0; left.length > 0 && round < MOST_ROUNDS; round++) {
    const some = left;
    const added = await healed(() => queue.enqueue(some, { apart: true }));
    fresh += added;
    if (added === some.length) break;
    const gaps = some.filter(({ again }) => again === undefined);
    left = gaps.length === 0 ? [] : await cutAnew(gaps, false, cost, parts);
  }
  return fresh;
}
