import { MINUTE_MS } from "../model/units.ts";
import type { ActivityBucket } from "./run-activity.ts";

/**
 * The requests of the busiest minute of `activity`, as far as its steps tell them apart; a step that is longer than a
 * minute counts with its rate. 0 when there is none. Over a second or two a rate is mostly chance, and says nothing of
 * an allowance that is counted by the minute. Pure.
 */
export function busiestMinute(activity: readonly ActivityBucket[]): number {
  const [first] = activity;
  if (first === undefined) return 0;
  const steps = Math.floor(MINUTE_MS / (first.end - first.start));
  if (steps <= 1) return Math.max(...activity.map(({ requestsPerMinute }) => requestsPerMinute));
  let busiest = 0;
  let inMinute = 0;
  for (const [at, { requests }] of activity.entries()) {
    inMinute += requests - (activity[at - steps]?.requests ?? 0);
    busiest = Math.max(busiest, inMinute);
  }
  return busiest;
}
