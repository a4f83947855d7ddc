import { type Fault, type FaultKind, KNOBS, type Knobs, TRANSIENT_FAULTS } from "../../src/testing/simulator/index.ts";
import type { Chance } from "./chance.ts";

/** Shares of calls, in [0, 1). */
export interface SeamFaults {
  /** It fails, and nothing was done. */
  readonly before: number;
  /** It was done, and the answer is lost. */
  readonly after: number;
  /** As `before`, with an error that says that trying again is of no use. */
  readonly halting: number;
  /** It takes seconds, longer than a lease at times. */
  readonly stalls: number;
}

export interface Outage {
  readonly afterMs: number;
  readonly forMs: number;
  /** Nothing else goes wrong, and one backfill works: then it costs no run, however few are left. */
  readonly isAlone: boolean;
}

/** All that goes wrong under one seed, until `endsAfterMs`. */
export interface FaultSchedule {
  readonly endsAfterMs: number;
  readonly api: readonly Fault[];
  /** So often the credentials are refused for a while. */
  readonly refusals: number;
  /** Answers whose body stops in the middle, and stays silent. */
  readonly stalledBodies: number;
  /** Pages on which no bar can be. */
  readonly garbage: number;
  /** 429 for everybody, for some seconds. */
  readonly storms: readonly { readonly afterMs: number; readonly forMs: number; readonly retryAfterS?: number }[];
  /** The service answers nobody for minutes; absent under most seeds. */
  readonly outage?: Outage;
  readonly store: SeamFaults;
  readonly queue: SeamFaults;
  readonly kills: number;
  readonly clockSteps: number;
  readonly cancellations: number;
  readonly aborts: number;
  readonly revisions: number;
}

const CALM: SeamFaults = { before: 0, after: 0, halting: 0, stalls: 0 };

export function drawKnobs(chance: Chance): Knobs {
  const chosen = Object.entries(KNOBS).map(([knob, settings]) => [
    knob,
    chance.happens(0.5) ? settings[0] : chance.pick(settings as readonly unknown[]),
  ]);
  return Object.fromEntries(chosen) as Knobs;
}

/** Where nothing fails the bounds are tight. */
const NOTHING: FaultSchedule = {
  endsAfterMs: 3000,
  ...{ api: [], refusals: 0, stalledBodies: 0, garbage: 0, storms: [], store: CALM, queue: CALM },
  ...{ kills: 0, clockSteps: 0, cancellations: 0, aborts: 0, revisions: 0 },
};

export function drawFaults(chance: Chance): FaultSchedule {
  if (chance.happens(0.08)) return { ...NOTHING, endsAfterMs: chance.int(1000, 60_000) };
  const endsAfterMs = chance.happens(0.7) ? chance.int(3000, 30_000) : chance.int(30_000, 90_000);
  const often = (share: number, most: number) => (chance.happens(share) ? chance.int(1, most) : 0);
  const seam = (): SeamFaults => {
    if (chance.happens(0.5)) return CALM;
    const rate = chance.pick([0.02, 0.1, 0.25]);
    return {
      before: chance.happens(0.7) ? rate : 0,
      after: chance.happens(0.7) ? rate : 0,
      halting: chance.happens(0.2) ? rate / 5 : 0,
      stalls: chance.happens(0.5) ? rate / 2 : 0,
    };
  };
  return {
    endsAfterMs,
    api: drawApiFaults(chance),
    refusals: chance.happens(0.1) ? 0.02 : 0,
    stalledBodies: chance.happens(0.15) ? chance.pick([0.02, 0.1]) : 0,
    garbage: chance.happens(0.1) ? chance.pick([0.05, 0.5]) : 0,
    storms: Array.from({ length: often(0.25, 2) }, () => ({
      afterMs: chance.int(0, endsAfterMs),
      forMs: chance.int(500, 30_000),
      ...(chance.happens(0.5) ? { retryAfterS: chance.int(0, 20) } : {}),
    })),
    store: seam(),
    queue: seam(),
    kills: often(0.5, 5),
    clockSteps: often(0.25, 3),
    cancellations: often(0.15, 2),
    aborts: often(0.25, 3),
    revisions: often(0.25, 2),
  };
}

/** `schedule`, and rarely an outage on top of it, or in its place. */
export function drawOutage(chance: Chance, schedule: FaultSchedule): FaultSchedule {
  if (!chance.happens(0.03)) return schedule;
  const isAlone = chance.happens(0.7);
  const afterMs = isAlone ? chance.int(3000, 10_000) : chance.pick([100, 500, 2000, 10_000]);
  // The first run to be given up, alone in the end, is so after three minutes.
  const forMs = isAlone ? chance.int(90_000, 150_000) : chance.int(60_000, 240_000);
  const others = isAlone ? NOTHING : schedule;
  return { ...others, outage: { afterMs, forMs, isAlone }, endsAfterMs: Math.max(others.endsAfterMs, afterMs + forMs) };
}

function drawApiFaults(chance: Chance): Fault[] {
  const rate = chance.pick([0, 0, 0.03, 0.1, 0.3]);
  if (rate === 0) return [];
  const kinds: FaultKind[] = chance.some(TRANSIENT_FAULTS, 1, TRANSIENT_FAULTS.length);
  if (chance.happens(0.2)) kinds.push("bad-bar");
  const seed = chance.int(1, 1e9);
  const share = rate / kinds.length;
  return kinds.map((kind, i): Fault => {
    const timing = { chance: { seed, from: i * share, to: (i + 1) * share } };
    if (kind === "slow") return { kind, ms: chance.int(100, 30_000), ...timing };
    if (kind === "unavailable") return { kind, status: chance.pick([500, 502, 503, 504] as const), ...timing };
    if (kind === "rate-limited" && chance.happens(0.5)) return { kind, retryAfterS: chance.int(0, 10), ...timing };
    if (kind === "bad-bar")
      return {
        kind,
        how: chance.pick(["high-below-low", "not-finite", "outside", "out-of-order", "repeated"]),
        ...timing,
      };
    return { kind, ...timing };
  });
}
