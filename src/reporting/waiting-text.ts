import type { EventDetails } from "../contracts/observer.ts";

/** More names than these are counted. */
const MOST_NAMES = 3;

/** What a worker waits for, as in `1 run is leased by worker-a until 03:11:30Z and 2 runs wait for their next try`. */
export function waitingText({ queued, running, workers, until }: EventDetails["waiting"]): string {
  const parts: string[] = [];
  if (running > 0) {
    const names = workers.length > MOST_NAMES ? `${workers.length} workers` : workers.join(", ");
    // A lease holds a day at most, so the time of the day says which.
    const time = until === undefined ? "" : ` until ${new Date(until).toISOString().slice(11, 19)}Z`;
    const leased = `${running === 1 ? "1 run is" : `${running} runs are`} leased by ${names}`;
    parts.push(`${leased}${running > 1 && time !== "" ? ", the first" : ""}${time}`);
  }
  if (queued > 0) parts.push(queued === 1 ? "1 run waits for its next try" : `${queued} runs wait for their next try`);
  return parts.join(" and ");
}
