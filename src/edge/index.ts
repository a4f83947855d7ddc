/**
 * Web-standard handlers that keep a queue going within the limits of an edge function.
 *
 * @module barfill/edge
 */

export type { RunOutcome } from "./carry.ts";
export type { RefusedDefinition } from "./definitions.ts";
export type { BatchFunction, EdgeFunction, EdgeOptions, EdgeParts, Settings } from "./edge-options.ts";
export type { FetchAnswer } from "./fetch-answer.ts";
export { fetchBars, fetchBarsBatch } from "./fetch-bars.ts";
export { type OrchestratorOptions, orchestrator } from "./orchestrator.ts";
export type { TickAnswer } from "./tick.ts";
