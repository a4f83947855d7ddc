import type { RunError } from "../model/error-code.ts";
import type { EpochMs, Interval } from "../model/interval.ts";
import type { RefusedJob } from "../model/job.ts";
import type { Slice } from "../model/slice.ts";
import type { CommitCounts } from "./bar-store.ts";
import type { QuarantinedSymbol } from "./quarantine.ts";
import type { RunResult } from "./slice-queue.ts";

/** What each type of event tells, beside its `type` and when it happened. */
export interface EventDetails {
  /** The slices of a plan went into the queue. */
  enqueued: {
    /** That the plan has. */
    readonly slices: number;
    /** Of those, how many were not queued before. */
    readonly fresh: number;
  };
  /** A job that cannot be planned is left out; the others are planned. Comes with every tick until it is mended. */
  "job-refused": RefusedJob;
  /** The time to plan was up: the next ticks plan the rest. */
  "jobs-left": {
    /** Enabled jobs that had no turn; 1 or more. */
    readonly jobs: number;
  };
  /** Nothing more could be planned; what is queued is worked all the same. */
  "planning-failed": {
    /** Why. */
    readonly error: RunError;
  };
  /** Queued slices were cut anew, by a better guess, or joined by a tick: so many of them became so many. */
  resliced: {
    /** Slices that were taken out of the queue. */
    readonly before: number;
    /** Slices that took their place. */
    readonly after: number;
    /** Pages that those were expected to take, and that these are. */
    readonly pages: { readonly before: number; readonly after: number };
  };
  /** A worker has a run in hand. */
  leased: {
    /** What is to be fetched. */
    readonly slice: Slice;
    /** Which try of the run it is, from 1. */
    readonly attempt: number;
  };
  /** One request was answered. */
  page: {
    /** Which the page is for. */
    readonly slice: Slice;
    /** How many the request named. */
    readonly symbols: number;
    /** What was asked for, half-open. */
    readonly interval: Interval;
    /** On the page, of all symbols. */
    readonly bars: number;
    /** True when the source has no more for this question. */
    readonly last: boolean;
    /** How much of what this attempt had to ask is settled now, 0 to 1: of time, summed over symbols. */
    readonly settled: number;
  };
  /** A page is in the store. */
  committed: {
    /** Which it was for. */
    readonly slice: Slice;
    /** Rows, by what became of them. */
    readonly counts: CommitCounts;
  };
  /** The source asked for patience, or answers nobody: no request leaves before `until`. */
  held: {
    /** When the next request may leave, on the backfill's clock. */
    readonly until: EpochMs;
    /** The refusal; in an outage, what came in place of an answer. */
    readonly error: RunError;
  };
  /**
   * The same page, commit, question to the store or to the quarantine, or whole run again, after `delayMs`: try number
   * `attempt` of `attempts` failed. There are more than `attempts` of a commit or question while the store answers
   * nobody. A run that was refused for the rate has its try handed back.
   */
  retrying: {
    /** Which it is for. */
    readonly slice: Slice;
    /** What is tried again. */
    readonly what: "page" | "commit" | "coverage" | "quarantine" | "run";
    /** Which try failed, from 1. */
    readonly attempt: number;
    /** How many there are. */
    readonly attempts: number;
    /** Until the next one. */
    readonly delayMs: number;
    /** Why it failed. */
    readonly error: RunError;
  };
  /** A symbol is left out from now on: the source refuses it. */
  quarantined: {
    /** The symbol, and why and until when it is left out. */
    readonly entry: QuarantinedSymbol;
  };
  /** A run ended well. */
  completed: {
    /** All of it is covered. */
    readonly slice: Slice;
    /** What its last attempt did. */
    readonly result: RunResult;
  };
  /** A run ended badly, and is not tried again by itself. */
  failed: {
    /** What of it had been committed before counts. */
    readonly slice: Slice;
    /** Of the last attempt. */
    readonly error: RunError;
  };
  /**
   * The worker has nothing in hand and waits: for `queued` runs whose next try is not due, and for `running` ones that
   * others hold. `workers` names those, each once, the one whose lease ends first before the others; `until` is that
   * end (exclusive, on the queue's clock; absent when none is held), from which on a dead worker's run can be had.
   * Comes when what is waited for changes or a lease outlives its end, every 10 s at most; never where `wait` is false.
   */
  waiting: {
    /** Runs whose next try is not due. */
    readonly queued: number;
    /** Runs that others hold. */
    readonly running: number;
    /** Who holds them, each once. */
    readonly workers: readonly string[];
    /** The end of the lease that ends first. */
    readonly until?: EpochMs;
  };
  /** Another worker has the run, or it was cancelled. */
  lost: {
    /** Which others have now, or nobody. */
    readonly slice: Slice;
  };
  /** Handed back unspent, because the work was stopped. */
  returned: {
    /** Which is queued again. */
    readonly slice: Slice;
  };
  /** The run was sent to another process, which takes its lease over. */
  dispatched: {
    /** Which the other process works on. */
    readonly slice: Slice;
    /** Its address. */
    readonly to: string;
  };
  /**
   * The other process did not answer well. `here`: the queue says that it never took the run over, and it is worked
   * here instead; `returned`: it is queued, and there was no time or no room for that. `left`: it did take it, and the
   * lease decides.
   */
  "dispatch-failed": {
    /** Which was sent. */
    readonly slice: Slice;
    /** The address that it was sent to. */
    readonly to: string;
    /** What becomes of the run. */
    readonly next: "here" | "returned" | "left";
    /** What came in place of a good answer. */
    readonly error: RunError;
  };
  /** A tick is over. `claimed` runs were started; with none though some are `queued`, `note` says why. */
  ticked: {
    /** Runs that were new. */
    readonly enqueued: number;
    /** Runs that were started. */
    readonly claimed: number;
    /** Runs that wait now. */
    readonly queued: number;
    /** Runs that are worked on now. */
    readonly running: number;
    /** For people: why none was started, though some wait. */
    readonly note: string;
    /** True when none was started though some wait. */
    readonly stuck: boolean;
  };
  /** The list of assets could not be had: the report tells less of why series are empty. */
  "assets-failing": {
    /** What came in place of the list. */
    readonly error: RunError;
  };
  /** The queue failed, and is asked again after `delayMs`. */
  "queue-failing": {
    /** Until it is asked again. */
    readonly delayMs: number;
    /** What it said. */
    readonly error: RunError;
  };
  /** All work is stopped: this would fail everywhere. */
  halted: {
    /** What would fail everywhere. */
    readonly error: RunError;
  };
}

/**
 * What happens in a backfill, as it happens: anything, or what is named, as in `BackfillEvent<"page">`. More types may
 * come in a minor version: have a default.
 */
export type BackfillEvent<Type extends keyof EventDetails = keyof EventDetails> = Extract<
  {
    [T in keyof EventDetails]: {
      /** What tells one event from another. */
      readonly type: T;
      /** When it happened, in ms since the epoch on the backfill's clock. */
      readonly at: EpochMs;
    } & EventDetails[T];
  }[keyof EventDetails],
  { readonly type: Type }
>;

/** Watches a backfill. What it throws changes nothing, nor what an async one rejects with; nothing waits for it. */
export type Observer = (event: BackfillEvent) => void;
