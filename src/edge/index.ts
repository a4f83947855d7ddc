export type { BatchFunction, EdgeFunction, EdgeOptions, EdgeParts, Settings } from "./edge-options.ts";
export type { FetchAnswer } from "./fetch-answer.ts";
export { fetchBars, fetchBarsBatch } from "./fetch-bars.ts";
export { type OrchestratorOptions, orchestrator } from "./orchestrator.ts";
export type { TickAnswer } from "./tick.ts";
