import type { Backfill, Report } from "../../src/index.ts";
import type { BackfillRequest } from "../../src/options/request.ts";
import { jobRequest } from "../../src/planning/jobs.ts";
import { AFTERWARDS_MS, afterwards } from "./afterwards.ts";
import { markNow } from "./check-endings.ts";
import { checkReport } from "./check-report.ts";
import { checkRequests } from "./check-requests.ts";
import { checkStopped, checkTimers } from "./check-stopped.ts";
import { checkStore } from "./check-store.ts";
import { OPERATOR, type WatchedQueue, watchLeases } from "./lease-watch.ts";
import { live } from "./life.ts";
import { LONGEST_QUEUE_STEP_MS, misfortune } from "./misfortune.ts";
import { startProcess, workerOf } from "./process.ts";
import { type Owner, withGlobalTimers } from "./scheduler.ts";
import { type Counts, createWorld, type Planted, type World } from "./world.ts";

export interface Outcome {
  readonly seed: number;
  /** Empty when every promise was kept. */
  readonly violations: readonly string[];
  readonly counts: Counts;
  readonly steps: number;
}

export interface SimulateOptions {
  readonly planted?: Planted;
  /** Hears of every step. */
  readonly trace?: (line: string) => void;
}

/** Far beyond what any seed takes: what is not over then never is. */
const MOST_STEPS = 100_000;
/** From the last fault to the end. The longest waits are for a lease of a minute, for backoff and for a slow rate. */
const FINISH_MS = 15 * 60_000;

/** Runs one seed from its first request to the stop. Never rejects for what barfill does wrong. */
export async function simulate(seed: number, { planted, trace = () => {} }: SimulateOptions = {}): Promise<Outcome> {
  const world = createWorld(seed, planted ?? { name: "nothing" }, trace);
  const { violations, counts, scheduler, simulator } = world;
  const onRejection = (error: unknown) => violations.add(`a promise was rejected and nobody looked: ${String(error)}`);
  process.on("unhandledRejection", onRejection);
  try {
    await withGlobalTimers(scheduler, () => wholeLife(world));
  } catch (error) {
    violations.add(String(error instanceof Error ? error.message : error));
  } finally {
    process.off("unhandledRejection", onRejection);
  }
  counts.apiFaults = simulator.stats.faults;
  return { seed, violations: [...violations], counts, steps: scheduler.steps };
}

async function wholeLife(world: World): Promise<void> {
  const { scheduler, setting, schedule, deaths } = world;
  const watched = watchLeases(world);
  const lives: Promise<unknown>[] = [];
  const begin = (name: Owner, backfills = world.chance.pick(setting.processes)) => {
    const death = new Promise<void>((resolve) => deaths.set(name, resolve));
    const life = scheduler.spawn(name, "start", () => {
      const process = startProcess(world, name, backfills, watched);
      return Promise.all(process.backfills.map((_, i) => live(world, process, i)));
    });
    lives.push(Promise.race([life, death]));
  };
  setting.processes.forEach((backfills, i) => void begin(`p${i + 1}`, backfills));
  // A lease lasts as much longer as the queue's own clock is set back.
  const setBackMs = schedule.clockSteps * LONGEST_QUEUE_STEP_MS;
  const deadline = scheduler.now() + schedule.endsAfterMs + FINISH_MS + setBackMs;
  const limits = { mostSteps: MOST_STEPS, deadline };
  await scheduler.run(misfortune(world, begin, watched(OPERATOR)), limits);
  await checkStore(world);

  const { report, requests } = await scheduler.run(finish(world, watched), limits);
  await scheduler.run(Promise.all(lives), limits);
  checkTimers(world);
  // What was under way when its sender was stopped or killed may still arrive.
  await scheduler.drain(setting.timeoutMs + 60_000);
  await checkStore(world);
  await checkReport(world, report, { requests, isLast: true });
  checkRequests(world, report);
  checkStopped(world);

  await scheduler.run(
    scheduler.spawn("afterwards", "start", () => lookAfterwards(world, watched, requests)),
    { mostSteps: MOST_STEPS, deadline: scheduler.now() + AFTERWARDS_MS + FINISH_MS },
  );
}

async function lookAfterwards(
  world: World,
  watched: WatchedQueue,
  requests: readonly BackfillRequest[],
): Promise<void> {
  const [backfill] = startProcess(world, "afterwards", 1, watched).backfills as [Backfill];
  const now = world.scheduler.now();
  // Without what became final since: that would be as much again.
  const ended = requests.map((request) => ({ ...request, end: Math.min(Number(request.end ?? now), now) }));
  const report = await afterwards(world, backfill, ended);
  if (report === undefined) return;
  await checkStore(world);
  await checkReport(world, report, { requests: ended, isLast: true });
}

/** A fresh process, after the last fault, beside those that still live. Everything must be there in the end. */
async function finish(
  world: World,
  watched: WatchedQueue,
): Promise<{ readonly report: Report; readonly requests: readonly BackfillRequest[] }> {
  const { scheduler, workload, violations } = world;
  return scheduler.spawn("last", "start", async () => {
    const process = startProcess(world, "last", 1, watched);
    const [backfill] = process.backfills as [Backfill];
    const requests = [...workload.requests, ...workload.jobs.map((job) => jobRequest(job, scheduler.now()))];
    // A run that was failing when this one planned fails after it; the report says so, and the next run brings it.
    for (let round = 1; ; round++) {
      const mark = markNow(world, workerOf(process.name, 0));
      const report = await backfill.run(requests);
      await checkReport(world, report, { requests, mark, isLast: false });
      const refused = new Set(report.quarantined.map(({ symbol }) => symbol));
      const [gap] = report.gaps.filter(({ series }) => !refused.has(series.symbol));
      if (gap === undefined) return { report, requests };
      if (round < 3) continue;
      const why = JSON.stringify(report.failed[0]?.error);
      violations.add(`stuck: ${gap.series.symbol} is still missing after the last fault: ${why}`);
      return { report, requests };
    }
  });
}
