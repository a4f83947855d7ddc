import type { EpochMs } from "../../model/interval.ts";
import { HASH_RANGE, mixAt } from "../market/hash.ts";

/** How a bar is mangled: its page is otherwise whole. */
export const BAD_BARS = ["high-below-low", "not-finite", "outside", "out-of-order", "repeated"] as const;
/** Which of {@link BAD_BARS}; a client must keep each of them out of its store. */
export type BadBarKind = (typeof BAD_BARS)[number];

/**
 * When a fault strikes, counted from 1 over the requests that it matches: the `request`-th, `every` so many-th, or by
 * `chance`; all of them when none is given. With `within`, only at those times.
 */
export interface FaultTiming {
  /** 1 for the first that matches. */
  readonly request?: number;
  /** 1 or more; 3 strikes the third, the sixth, the ninth. */
  readonly every?: number;
  /** Strikes when the seed's roll for the number of the request, in `[0, 1)`, lies in `[from, to)`. */
  readonly chance?: { readonly seed: number; readonly from: number; readonly to: number };
  /** Strikes only in the first `forMs` of every `everyMs` of the simulator's clock, counted from the epoch. */
  readonly within?: { readonly everyMs: number; readonly forMs: number };
  /** The requests that are looked at: those that name `symbol`, those with or without a page token. */
  readonly match?: { readonly symbol?: string; readonly token?: boolean };
}

/** What goes wrong. */
export type FaultEffect =
  /** 429 though the bucket is not empty. `retryAfterS` seconds are said in `Retry-After`; none when absent. */
  | {
      readonly kind: "rate-limited";
      /** In seconds, 0 or more. */
      readonly retryAfterS?: number;
    }
  /** An HTML page; 503 when `status` is absent. */
  | {
      readonly kind: "unavailable";
      /** Of the answer. */
      readonly status?: 500 | 502 | 503 | 504;
    }
  /** The connection breaks before an answer. */
  | { readonly kind: "reset" }
  /** Half of the body, then the connection breaks. */
  | { readonly kind: "cut-off" }
  /** 200 with a body that is not JSON. */
  | { readonly kind: "garbled" }
  /** The answer comes late, by `ms` of the clock; 60,000 when absent. */
  | {
      readonly kind: "slow";
      /** How late, 0 or more. */
      readonly ms?: number;
    }
  /** 400 for a good page token. Passes over requests without one. */
  | { readonly kind: "expired-token" }
  /** An empty page whose token goes on where the walk was. */
  | { readonly kind: "empty-page" }
  /** The page before, with the token that this request came with. Passes over requests without one. */
  | { readonly kind: "repeated-page" }
  /** One bar of the page is mangled; `high-below-low` when `how` is absent. Passes over pages too short for it. */
  | {
      readonly kind: "bad-bar";
      /** What is wrong with the bar. */
      readonly how?: BadBarKind;
    };

/** What goes wrong, and when. Without a timing every request is struck. */
export type Fault = FaultTiming & FaultEffect;
/** What goes wrong, by name alone. */
export type FaultKind = FaultEffect["kind"];

/** The faults that a client is expected to survive without loss. */
export const TRANSIENT_FAULTS = [
  "rate-limited",
  "unavailable",
  "reset",
  "cut-off",
  "garbled",
  "slow",
  "expired-token",
  "empty-page",
  "repeated-page",
] as const satisfies readonly FaultKind[];

/** How many faults by chance, and which. */
export interface SeededFaultsOptions {
  /** A whole number; the same one strikes the same requests. */
  readonly seed: number;
  /** The share of requests that a fault strikes, 0 to 1. */
  readonly rate: number;
  /** All of {@link TRANSIENT_FAULTS} when absent. */
  readonly kinds?: readonly FaultKind[];
}

/** Faults by chance, each kind as likely as another, the same for the same seed and order of requests. */
export function seededFaults({ seed, rate, kinds = TRANSIENT_FAULTS }: SeededFaultsOptions): readonly Fault[] {
  const share = rate / kinds.length;
  return kinds.map((kind, i) => ({ kind, chance: { seed, from: i * share, to: (i + 1) * share } }));
}

/** What of a request decides about faults. */
export interface SeenRequest {
  /** 1 for the first since the start. */
  readonly number: number;
  readonly symbols: readonly string[];
  readonly hasToken: boolean;
  /** When it came. */
  readonly at: EpochMs;
}

/** Says of each request, in order, which fault is due: the first of `faults` that is. */
export function faultScript(faults: readonly Fault[]): (request: SeenRequest) => Fault | undefined {
  const matched = faults.map(() => 0);
  return (request) => {
    let chosen: Fault | undefined;
    faults.forEach((fault, i) => {
      if (!matches(fault, request)) return;
      const count = (matched[i] ?? 0) + 1;
      matched[i] = count;
      if (chosen === undefined && isDue(fault, count, request.number)) chosen = fault;
    });
    return chosen;
  };
}

function matches({ kind, match = {}, within }: Fault, { symbols, hasToken, at }: SeenRequest): boolean {
  if (within !== undefined && at % within.everyMs >= within.forMs) return false;
  if ((kind === "expired-token" || kind === "repeated-page") && !hasToken) return false;
  if (match.token !== undefined && match.token !== hasToken) return false;
  return match.symbol === undefined || symbols.includes(match.symbol);
}

function isDue({ request, every, chance }: FaultTiming, count: number, number: number): boolean {
  if (request !== undefined) return count === request;
  if (every !== undefined) return count % every === 0;
  if (chance === undefined) return true;
  const roll = mixAt(chance.seed, number) / HASH_RANGE;
  return roll >= chance.from && roll < chance.to;
}
