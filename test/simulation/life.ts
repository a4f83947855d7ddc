import { getEventListeners } from "node:events";
import type { Backfill, WorkOptions } from "../../src/index.ts";
import type { Chance } from "./chance.ts";
import { markNow } from "./check-endings.ts";
import { checkReport, heldNow } from "./check-report.ts";
import { isExpected, type Process, workerOf } from "./process.ts";
import type { World } from "./world.ts";

/** What one backfill of a process does until the last fault: works, looks and ticks, again and again. */
export async function live(world: World, process: Process, i: number): Promise<void> {
  const { scheduler, chance, violations, stops } = world;
  const backfill = process.backfills[i] as Backfill;
  const draw = chance.fork(1000 * (i + 1) + Number(process.name.slice(1)));
  const clock = scheduler.clockOf(process.name);
  const mine = stops.get(process.name) ?? new Set();
  stops.set(process.name, mine);
  do {
    const stop = new AbortController();
    mine.add(stop);
    try {
      await once(world, backfill, draw, stop.signal, clock.now, workerOf(process.name, i));
    } catch (error) {
      if (!isExpected(error, stop.signal)) violations.add(`an unexpected error came out: ${describe(error)}`);
    }
    mine.delete(stop);
    const listeners = getEventListeners(stop.signal, "abort").length;
    if (listeners > 0) violations.add(`memory: ${listeners} listeners are left on the caller's signal`);
    if (!world.isCalm) await clock.sleep(draw.happens(0.5) ? draw.int(10, 1000) : draw.int(1000, 10_000));
  } while (!world.isCalm);
}

async function once(
  world: World,
  backfill: Backfill,
  draw: Chance,
  signal: AbortSignal,
  now: () => number,
  workerId: string,
): Promise<void> {
  const { requests, jobs } = world.workload;
  switch (draw.pick(["run", "run", "run", "work", "work", "tick", "report", "short"])) {
    case "run": {
      const mark = markNow(world, workerId);
      return checkReport(world, await backfill.run(requests, { signal }), { requests, mark, isLast: false });
    }
    case "tick":
      return void (await backfill.tick(jobs));
    case "report": {
      const before = await heldNow(world);
      return checkReport(world, await backfill.report(requests), { requests, before, isLast: false });
    }
    case "short":
      return atShare({ maxRuns: draw.int(1, 3), deadline: now() + draw.int(1, 20_000) });
    default:
      return atShare({});
  }

  async function atShare(options: WorkOptions): Promise<void> {
    const { work } = world.setting;
    world.shares.set(workerId, { ...work });
    await backfill.work({ ...options, ...work, signal }).finally(() => world.shares.delete(workerId));
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : String(error);
}
