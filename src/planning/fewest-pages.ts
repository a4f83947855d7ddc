import type { Slice } from "../model/slice.ts";
import { pagesIn } from "../planners/estimate.ts";
import type { PlanInput, Planner } from "../planners/planner.ts";
import { widerGaps } from "../planners/wider-gaps.ts";
import type { PlannedSpans } from "./wanted.ts";

/**
 * What `planner` makes of the gaps of `input`, or of these widened where that takes fewer pages; nothing of what is
 * `planned` is asked twice.
 */
export function fewestPages(planner: Planner, input: PlanInput, planned: PlannedSpans): Slice[] {
  const slices = planner(input);
  const gaps = widerGaps(input.gaps, input, planned.take);
  if (gaps === input.gaps) return slices;
  const wider = planner({ ...input, gaps });
  return pagesIn(wider) < pagesIn(slices) ? wider : slices;
}
