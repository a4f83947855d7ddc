import type { PageRequest } from "../contracts/bar-source.ts";
import type { CommitCounts } from "../contracts/bar-store.ts";
import type { BadBar } from "../model/bar.ts";
import type { Interval } from "../model/interval.ts";

/** What one attempt at a slice has come to so far. */
export interface Tally {
  /** Requests sent, answered or not. */
  requests: number;
  /** Answers that were pages. */
  pages: number;
  /** Pages that were the last of their question. */
  lastPages: number;
  /** Bars that the store did not hold. */
  inserted: number;
  /** Bars that it held with other values. */
  revised: number;
  /** Bars that it held with these values. */
  unchanged: number;
  /** Series-time settled, in ms summed over symbols. */
  settledMs: number;
  /** What was settled, by series key, of a slice that asks again: coverage cannot tell. Empty for all others. */
  readonly settled: Map<string, readonly Interval[]>;
  /** Bars that were kept out, in the order they came; one that was asked for twice may be in here twice. */
  readonly bad: BadBar[];
  /** The questions asked, as they were first put. */
  readonly asked: PageRequest[];
  /** Symbols that bars came for. */
  readonly symbolsWithBars: Set<string>;
}

export function emptyTally(): Tally {
  return {
    requests: 0,
    pages: 0,
    lastPages: 0,
    inserted: 0,
    revised: 0,
    unchanged: 0,
    settledMs: 0,
    settled: new Map(),
    bad: [],
    asked: [],
    symbolsWithBars: new Set(),
  };
}

/** Bars committed, new or not. */
export function barsOf({ inserted, revised, unchanged }: CommitCounts): number {
  return inserted + revised + unchanged;
}
