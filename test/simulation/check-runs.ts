import type { World } from "./world.ts";

/**
 * True as long as nothing failed but for the rate: patience costs nothing, so no run may pay with an attempt, or fail.
 */
export function isOnlyRateRefused({ counts, schedule, simulator }: World): boolean {
  const { faults, overdrawn } = simulator.stats;
  return counts.seamFaults === 0 && schedule.clockSteps === 0 && faults + overdrawn === counts.refused;
}
