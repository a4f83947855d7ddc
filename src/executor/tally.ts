import type { PageRequest } from "../contracts/bar-source.ts";
import type { CommitCounts } from "../contracts/bar-store.ts";
import type { BadBar } from "../model/bar.ts";
import type { Interval } from "../model/interval.ts";

/** So many of the bad bars of an attempt are kept, as examples: a service may send nothing else for a year. */
const BAD_BARS_KEPT = 10;

/** What the work on a slice under one lease came to. */
export interface RunTotals {
  /** Requests sent, answered or not. */
  readonly requests: number;
  /** Answers that were pages. */
  readonly pages: number;
  /** Bars that the store did not hold. */
  readonly inserted: number;
  /** Bars that it held with other values. */
  readonly revised: number;
  /** Bars that it held with these values. */
  readonly unchanged: number;
  /** Bars that were kept out; one that was asked for twice may count twice. */
  readonly badBars: number;
  /** The first 10 of them, in the order they came. */
  readonly bad: readonly BadBar[];
  /** The questions asked, as they were first put; empty when all was covered. */
  readonly asked: readonly PageRequest[];
  /** Symbols that bars came for. */
  readonly symbolsWithBars: ReadonlySet<string>;
}

type Counts = Omit<RunTotals, "bad" | "asked" | "symbolsWithBars">;

/** The totals while the work goes on, and what only the executor and the cost model look at. */
export interface Tally extends Writable<Counts> {
  /** Pages that were the last of their question. */
  lastPages: number;
  /** Series-time that there was to settle, in ms summed over symbols; `undefined` until the store has said. */
  openMs: number | undefined;
  /** Series-time settled. */
  settledMs: number;
  /** What was settled, by series key, of a slice that asks again: coverage cannot tell. Empty for all others. */
  readonly settled: Map<string, readonly Interval[]>;
  readonly bad: BadBar[];
  readonly asked: PageRequest[];
  readonly symbolsWithBars: Set<string>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function emptyTally(): Tally {
  return {
    requests: 0,
    pages: 0,
    lastPages: 0,
    inserted: 0,
    revised: 0,
    unchanged: 0,
    openMs: undefined,
    settledMs: 0,
    settled: new Map(),
    badBars: 0,
    bad: [],
    asked: [],
    symbolsWithBars: new Set(),
  };
}

/** Counts `bad`, and keeps the first ones. */
export function noteBad(tally: Tally, bad: readonly BadBar[]): void {
  tally.badBars += bad.length;
  tally.bad.push(...bad.slice(0, BAD_BARS_KEPT - tally.bad.length));
}

/** Bars that the store wrote. What it held already is none, or a bar that comes again would count twice. */
export function writtenOf({ inserted, revised }: CommitCounts): number {
  return inserted + revised;
}

/** Bars committed, new or not. */
export function barsOf({ inserted, revised, unchanged }: CommitCounts): number {
  return inserted + revised + unchanged;
}
