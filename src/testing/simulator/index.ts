export type { WalkCosts, WalkRequest } from "./cost.ts";
export type { Credentials } from "./credentials.ts";
export {
  BAD_BARS,
  type BadBarKind,
  type Fault,
  type FaultEffect,
  type FaultKind,
  type FaultTiming,
  type SeededFaultsOptions,
  seededFaults,
  TRANSIENT_FAULTS,
} from "./faults.ts";
export type { Fetch } from "./in-process.ts";
export { DEFAULT_KNOBS, KNOBS, type Knobs } from "./knobs.ts";
export type { SimulatorServer } from "./serve.ts";
export { type AlpacaSimulator, type AlpacaSimulatorOptions, alpacaSimulator } from "./simulator.ts";
export type { Endpoint, SimulatorStats } from "./stats.ts";
