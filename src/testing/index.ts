/**
 * A local Alpaca, simulated time, made-up markets, and the conformance cases for adapters.
 *
 * @module barfill/testing
 */

// The conformance cases, for adapters of your own.
export {
  type ConformanceCase,
  type ConformanceOptions,
  type PlannerContext,
  plannerCases,
  type QueueContext,
  queueCases,
  runConformance,
  type SourceContext,
  type StoreContext,
  sourceCases,
  storeCases,
  type TestRunner,
} from "./conformance/index.ts";
// Simulated time.
export { type FakeClock, type FakeClockOptions, fakeClock } from "./fake-clock.ts";
// The markets that a simulator serves.
export {
  type BarCount,
  type BarGrid,
  type CsvMarket,
  csvMarket,
  type Listing,
  type Market,
  type MarketAsset,
  type MarketBar,
  type SyntheticMarketOptions,
  syntheticMarket,
} from "./market/index.ts";
// A source of a few bars that misbehaves on cue.
export {
  type ScriptedCall,
  type ScriptedSource,
  type ScriptedSourceOptions,
  scriptedSource,
} from "./scripted-source.ts";
// A local Alpaca: what it can be set to, and what can go wrong with it.
export {
  type AlpacaSimulator,
  type AlpacaSimulatorOptions,
  alpacaSimulator,
  BAD_BARS,
  type BadBarKind,
  type Credentials,
  DEFAULT_KNOBS,
  type Endpoint,
  type Fault,
  type FaultEffect,
  type FaultKind,
  type FaultTiming,
  type Fetch,
  KNOBS,
  type Knobs,
  type SeededFaultsOptions,
  type SimulatorServer,
  type SimulatorStats,
  seededFaults,
  TRANSIENT_FAULTS,
  type WalkCosts,
  type WalkRequest,
} from "./simulator/index.ts";
