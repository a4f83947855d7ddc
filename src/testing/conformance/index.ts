export type { ConformanceCase, PlannerContext, QueueContext, SourceContext, StoreContext } from "./conformance-case.ts";
export { plannerCases } from "./planner/index.ts";
export { queueCases } from "./queue/index.ts";
export { type ConformanceOptions, runConformance, type TestRunner } from "./run-conformance.ts";
export { sourceCases } from "./source/index.ts";
export { storeCases } from "./store/index.ts";
