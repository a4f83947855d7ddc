import { alpacaCrypto, alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { bottleneckLimiter } from "../../src/adapters/bottleneck/index.ts";
import type { BarSource } from "../../src/contracts/bar-source.ts";
import { isBarfillError } from "../../src/errors.ts";
import { type Backfill, createBackfill, pageBudget } from "../../src/index.ts";
import { calendarFor } from "../../src/model/session.ts";
import type { WatchedQueue } from "./lease-watch.ts";
import type { Owner } from "./scheduler.ts";
import { quarantineOver, queueOver, storeOver } from "./seams.ts";
import { fetchOver, type Line } from "./wire.ts";
import type { World } from "./world.ts";

/** One process: backfills that share a limiter, a clock, and their end. */
export interface Process {
  readonly name: Owner;
  readonly backfills: readonly Backfill[];
}

// Working out the sessions of a year takes longer than a whole seed.
const CALENDARS = { stocks: calendarFor("nyse"), crypto: calendarFor("always") };

export function startProcess(world: World, name: Owner, backfills: number, watched: WatchedQueue): Process {
  const { scheduler, setting, planted, living, workload, counts } = world;
  living.add(name);
  const clock = scheduler.clockOf(name);
  const limiter = bottleneckLimiter({
    requestsPerMinute: setting.share,
    burst: setting.burst,
    makeUp: setting.makeUp,
    clock,
  });
  const line: Line = { heldUntil: 0 };
  const chance = world.chance.fork(hashOf(name));
  const one = (i: number): Backfill => {
    const workerId = workerOf(name, i);
    const source = sourceOver(world, name, workerId, line);
    const backfill = createBackfill({
      source: planted.source?.(source) ?? source,
      store: storeOver(world, name),
      queue: queueOver(world, name, watched(name)),
      quarantine: quarantineOver(world, name),
      limiter: planted.limiter?.(limiter) ?? limiter,
      calendar: CALENDARS[workload.kind],
      planner: pageBudget({ pages: setting.pagesPerSlice }),
      clock,
      random: chance.next,
      workerId,
      concurrency: setting.concurrency,
      leaseMs: setting.leaseMs,
      pollMs: setting.pollMs,
      retry: {
        runAttempts: setting.runAttempts,
        ...(planted.pageAttempts === undefined ? {} : { pageAttempts: planted.pageAttempts }),
      },
      observer: (event) => {
        if (event.type === "lost") counts.lost++;
        if (event.type === "returned") counts.returned++;
        if (event.type === "halted") counts.halted++;
        if (event.type === "resliced") counts.resliced += event.before;
      },
    });
    return planted.backfill?.(backfill) ?? backfill;
  };
  return { name, backfills: Array.from({ length: backfills }, (_, i) => one(i)) };
}

/** What the backfill number `i` of a process is called. */
export function workerOf(name: Owner, i: number): string {
  return `${name}.${i}`;
}

function sourceOver(world: World, name: Owner, workerId: string, line: Line): BarSource {
  const { workload, setting } = world;
  const options = {
    fetch: fetchOver(world, name, workerId, line),
    timeoutMs: setting.timeoutMs,
    withheldTailMs: workload.withheldTailMs,
  };
  const source =
    workload.kind === "stocks"
      ? alpacaStocks({ keyId: "key", secretKey: "secret", ...options })
      : alpacaCrypto(options);
  return { ...source, limits: { ...source.limits, pageSize: workload.pageSize } };
}

/** What a caller may meet while things fail, and nothing else. */
export function isExpected(error: unknown, signal: AbortSignal): boolean {
  return isBarfillError(error, "STORE_FAILED") || (signal.aborted && error === signal.reason);
}

function hashOf(text: string): number {
  let hash = 7;
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0;
  return hash;
}
