import type { World } from "./world.ts";

/**
 * Before anything else happens after the stop: nothing that was stopped has a timer left. What is on its
 * way over a wire may still arrive.
 */
export function checkTimers({ scheduler, violations }: World): void {
  for (const { owner, what, at } of scheduler.pending()) {
    if (what !== "sleep" && what !== "timer") continue;
    // Bottleneck's own, when the stop came while it was registering a turn.
    if (what === "timer" && at - scheduler.now() <= 1) continue;
    violations.add(`timers: a ${what} of ${owner} has ${at - scheduler.now()} ms to go after the stop`);
  }
}

/** After the stop nothing waits, nothing is under way, and no more was ever kept than slices are worked on. */
export function checkStopped({ scheduler, outstanding, violations, setting }: World): void {
  const [waiting] = scheduler.pending();
  if (waiting !== undefined) violations.add(`settled: a ${waiting.what} of ${waiting.owner} waits after the stop`);
  for (const [process, calls] of outstanding) {
    if (calls !== 0) violations.add(`settled: ${calls} calls of ${process} never came back`);
  }
  // A slice has its heartbeat, one call and the timeout of its request; a backfill its poll, deadline and limiter.
  const backfills = setting.processes.reduce((sum, each) => sum + each, 1);
  const most = 40 + backfills * (8 + 6 * setting.concurrency);
  if (scheduler.mostPending > most) violations.add(`memory: ${scheduler.mostPending} events waited at once`);
}
