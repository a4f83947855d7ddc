import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { memoryQuarantine } from "../../src/adapters/memory/memory-quarantine.ts";
import type { BarSource } from "../../src/contracts/bar-source.ts";
import type { BarStore } from "../../src/contracts/bar-store.ts";
import type { Quarantine } from "../../src/contracts/quarantine.ts";
import type { RateLimiter } from "../../src/contracts/rate-limiter.ts";
import type { SliceQueue } from "../../src/contracts/slice-queue.ts";
import type { Backfill } from "../../src/index.ts";
import type { EpochMs } from "../../src/model/interval.ts";
import type { Fault } from "../../src/testing/simulator/index.ts";
import { type AlpacaSimulator, alpacaSimulator, type Knobs } from "../../src/testing/simulator/index.ts";
import { type Chance, chanceOf } from "./chance.ts";
import type { Deed } from "./check-endings.ts";
import { drawFaults, drawKnobs, drawOutage, type FaultSchedule } from "./fault-schedule.ts";
import { type Revision, revisedMarket } from "./market.ts";
import { createScheduler, type Owner, type Scheduler } from "./scheduler.ts";
import { type Served, servedLedger } from "./served.ts";
import { drawSetting, type Setting } from "./setting.ts";
import { drawWorkload, type Workload } from "./workload.ts";

/** A bug, put in at a seam; each field turns a good part into a bad one. */
export interface Planted {
  readonly name: string;
  readonly source?: (source: BarSource) => BarSource;
  /** As one process sees it, faults and all. */
  readonly store?: (store: BarStore) => BarStore;
  /** The one that all processes share, beneath the faults. */
  readonly queue?: (queue: SliceQueue) => SliceQueue;
  readonly quarantine?: (quarantine: Quarantine) => Quarantine;
  readonly limiter?: (limiter: RateLimiter) => RateLimiter;
  readonly backfill?: (backfill: Backfill) => Backfill;
  /** Tries of one page. */
  readonly pageAttempts?: number;
}

/** Everything that there is under one seed. */
export interface World {
  readonly seed: number;
  readonly chance: Chance;
  readonly workload: Workload;
  readonly schedule: FaultSchedule;
  readonly knobs: Knobs;
  readonly setting: Setting;
  /** Those that are to come, too. */
  readonly revisions: Revision[];
  readonly scheduler: Scheduler;
  readonly simulator: AlpacaSimulator;
  /** The faults of the API as they are now: storms come and go. */
  readonly apiFaults: Fault[];
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly quarantine: Quarantine;
  readonly planted: Planted;
  readonly served: Served;
  /** Pages that came whole, by URL. */
  readonly answered: Set<string>;
  /** True from the last fault on. */
  isCalm: boolean;
  /** What was found wrong; a line each, none twice. */
  readonly violations: Set<string>;
  readonly counts: Counts;
  /** What the queue was told, by whom. */
  readonly deeds: Deed[];
  /** What came over the wire and cannot be, by the worker that it came to. */
  readonly badBars: Map<string, string[]>;
  /** The share of each worker whose work has one. */
  readonly shares: Map<string, WorkShare>;
  /** Calls to a seam that have not come back, by process. */
  readonly outstanding: Map<Owner, number>;
  /** Processes that were not killed. */
  readonly living: Set<Owner>;
  /** Called when a process is killed. */
  readonly deaths: Map<Owner, () => void>;
  /** What stops the work of each process. */
  readonly stops: Map<Owner, Set<AbortController>>;
}

/** What one work may do; to be looked at where requests leave. */
export interface WorkShare {
  readonly requestsPerMinute?: number;
  readonly symbolsPerRequest?: number;
  lastLeftAt?: EpochMs;
}

/** What happened, to tell a seed in which nothing did from one that proves something. */
export interface Counts {
  requests: number;
  /** The fewest that could have brought all of it. */
  least: number;
  /** Pages asked for that had come before. */
  repeated: number;
  seamFaults: number;
  /** Bars that came and cannot be. */
  badBars: number;
  apiFaults: number;
  /** 429s that the service answered, by a fault or by its bucket. */
  refused: number;
  kills: number;
  clockSteps: number;
  cancelled: number;
  aborts: number;
  /** Runs leased, again and again. */
  leases: number;
  /** Slices cut anew. */
  resliced: number;
  /** Runs leased that ask again. */
  reasked: number;
  /** Bars that were revised and asked for again. */
  revisedBars: number;
  /** Requests of work that has a share. */
  shared: number;
  lost: number;
  /** Runs handed back by a worker that was stopped. */
  returned: number;
  failed: number;
  halted: number;
  enqueued: number;
  mostInFlight: number;
}

export function createWorld(seed: number, planted: Planted, trace: (line: string) => void): World {
  const chance = chanceOf(seed);
  const workload = drawWorkload(chance.fork(1));
  const schedule = drawOutage(chance.fork(25), drawFaults(chance.fork(2)));
  const knobs = drawKnobs(chance.fork(3));
  const setting = drawSetting(chance.fork(4), schedule);
  const revisions = drawRevisions(chance.fork(5), workload, schedule);
  const scheduler = createScheduler({ chance: chance.fork(6), now: workload.now, trace });
  const apiFaults = [...schedule.api];
  // Whether the service remembers its walks is decided by what it sees at the start: all faults are there by then.
  const simulator = alpacaSimulator({
    market: revisedMarket(revisions, scheduler.now),
    knobs,
    faults: apiFaults,
    clock: scheduler.clock,
    requestsPerMinute: setting.requestsPerMinute,
    burst: setting.serviceBurst,
    latencyMs: setting.latencyMs,
  });
  const queue = memoryQueue({ clock: scheduler.clockOf("queue") });
  return {
    seed,
    chance: chance.fork(7),
    workload,
    schedule,
    knobs,
    setting,
    revisions,
    scheduler,
    simulator,
    apiFaults,
    store: memoryStore(),
    queue: planted.queue?.(queue) ?? queue,
    quarantine: memoryQuarantine(),
    planted,
    served: servedLedger(knobs),
    answered: new Set(),
    isCalm: false,
    violations: new Set(),
    counts: {
      requests: 0,
      least: 0,
      repeated: 0,
      seamFaults: 0,
      badBars: 0,
      apiFaults: 0,
      refused: 0,
      kills: 0,
      clockSteps: 0,
      cancelled: 0,
      aborts: 0,
      leases: 0,
      resliced: 0,
      reasked: 0,
      revisedBars: 0,
      shared: 0,
      lost: 0,
      returned: 0,
      failed: 0,
      halted: 0,
      enqueued: 0,
      mostInFlight: 0,
    },
    deeds: [],
    badBars: new Map(),
    shares: new Map(),
    outstanding: new Map(),
    living: new Set(),
    deaths: new Map(),
    stops: new Map(),
  };
}

function drawRevisions(chance: Chance, { requests, now }: Workload, { revisions, endsAfterMs }: FaultSchedule) {
  return Array.from({ length: revisions }, (): Revision => {
    const { symbols, timeframes, start } = chance.pick(requests);
    const from = Number(start);
    return {
      symbol: chance.pick(symbols),
      timeframe: chance.pick(timeframes) as Revision["timeframe"],
      within: { start: from, end: from + Math.ceil((now - from) * chance.next()) },
      at: now + chance.int(0, endsAfterMs),
    };
  });
}
