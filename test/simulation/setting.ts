import type { Chance } from "./chance.ts";
import type { FaultSchedule } from "./fault-schedule.ts";

/** How many work, and how they are set. */
export interface Setting {
  /** Backfills of each process; those of one share a limiter. */
  readonly processes: readonly number[];
  /** What the service allows. */
  readonly requestsPerMinute: number;
  readonly serviceBurst: number;
  /** What each process takes for its share. */
  readonly share: number;
  readonly burst: number;
  /** True when the shares are more than the service allows: then 429s are no one's fault but the caller's. */
  readonly isGreedy: boolean;
  /** Requests that holds kept back, and that are made up for. */
  readonly makeUp: number;
  /** What single works get of the rate, and how narrow their requests are; not all of them. */
  readonly work: { readonly requestsPerMinute?: number; readonly symbolsPerRequest?: number };
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly pollMs: number;
  readonly timeoutMs: number;
  readonly latencyMs: number;
  readonly pagesPerSlice: number;
  readonly runAttempts: number;
  /** How slow the seams are, in ms; the network too. */
  readonly slowestMs: number;
  /** Whether a refusal of symbols says which. */
  readonly namesSymbols: boolean;
  /** Whether those that live at the last fault go on working, or are stopped. */
  readonly survivorsStay: boolean;
}

export function drawSetting(chance: Chance, { kills, clockSteps, outage }: FaultSchedule): Setting {
  const drawn = chance.pick([[1], [2], [1, 1], [1, 2], [2, 2], [1, 1, 1], [1, 1, 1, 1]]);
  const processes = outage?.isAlone ? [1] : drawn;
  const rate = chance.pick([60, 200, 200, 1000, 6000]);
  // Else all would be done before it begins.
  const requestsPerMinute = outage?.isAlone ? 60 : rate;
  const burst = chance.pick([1, 1, 3, 20]);
  const slowestMs = chance.pick([1, 3, 40, 400]);
  const isGreedy = chance.happens(0.05);
  // The first burst of every start, two to stand on, and what the network bunches up.
  const starts = processes.length + 1 + kills + clockSteps;
  const bunched = Math.ceil((2 * slowestMs * requestsPerMinute) / 60_000);
  const makeUp = chance.pick([0, 0, 5, 20]);
  const share = (requestsPerMinute / (processes.length + 1)) * (isGreedy ? chance.int(2, 8) : 1);
  return {
    processes,
    requestsPerMinute,
    serviceBurst: isGreedy ? 5 : starts * (burst + 1 + makeUp) + bunched + 2,
    // The last one of all works beside those that stay.
    share,
    burst,
    isGreedy,
    makeUp,
    work: {
      ...(chance.happens(0.3) ? { requestsPerMinute: share * chance.pick([0.3, 0.7]) } : {}),
      ...(chance.happens(0.3) ? { symbolsPerRequest: chance.int(1, 2) } : {}),
    },
    concurrency: chance.int(1, 4),
    leaseMs: chance.pick([1000, 3000, 10_000, 60_000]),
    pollMs: chance.pick([500, 1000, 3000]),
    // Longer than an answer ever takes by itself.
    timeoutMs: chance.pick([3000, 10_000]),
    latencyMs: chance.pick([0, 50, 434, 1500]),
    pagesPerSlice: chance.pick([1, 2, 4, 16]),
    runAttempts: Math.max(chance.pick([1, 3, 5]), outage?.isAlone ? 5 : 1),
    slowestMs,
    namesSymbols: chance.happens(0.7),
    survivorsStay: chance.happens(0.5),
  };
}
