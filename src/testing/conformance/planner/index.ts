import type { ConformanceCase, PlannerContext } from "../conformance-case.ts";
import { sliceCases } from "./slice-cases.ts";
import { tilingCases } from "./tiling-cases.ts";

/** What every {@link Planner} must do, in the order of their ids. */
export const plannerCases: readonly ConformanceCase<PlannerContext>[] = [...tilingCases, ...sliceCases];
