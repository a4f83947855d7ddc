export type { ConformanceCase, QueueContext, StoreContext } from "./conformance-case.ts";
export { queueCases } from "./queue/index.ts";
export { type ConformanceOptions, runConformance, type TestRunner } from "./run-conformance.ts";
export { storeCases } from "./store/index.ts";
