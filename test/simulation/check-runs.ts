import type { World } from "./world.ts";

/** Patience costs nothing: where nothing failed but for the rate, no run has failed. */
export function checkRuns({ counts, schedule, violations }: World): void {
  if (counts.failed === 0 || counts.seamFaults > 0 || schedule.clockSteps > 0) return;
  if (schedule.api.some(({ kind }) => kind !== "rate-limited")) return;
  violations.add(`failed: ${counts.failed} runs, though only the rate was refused`);
}
