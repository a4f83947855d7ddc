import type { EpochMs, Interval } from "../model/interval.ts";
import type { Slice } from "../model/slice.ts";
import type { CommitCounts } from "./bar-store.ts";
import type { QuarantinedSymbol } from "./quarantine.ts";
import type { RunError, RunResult } from "./slice-queue.ts";

/** Everything that happens in a backfill, as it happens. `at` is the time on the backfill's clock. */
export type BackfillEvent = { readonly at: EpochMs } & (
  | { readonly type: "enqueued"; readonly slices: number; readonly fresh: number }
  /** Queued slices that were cut by a wrong guess were cut anew: so many of them became so many. */
  | { readonly type: "resliced"; readonly before: number; readonly after: number }
  | { readonly type: "leased"; readonly slice: Slice; readonly attempt: number }
  /** One request was answered. `last` when the source has no more for this question. */
  | {
      readonly type: "page";
      readonly slice: Slice;
      readonly symbols: number;
      readonly interval: Interval;
      readonly bars: number;
      readonly last: boolean;
    }
  | { readonly type: "committed"; readonly slice: Slice; readonly counts: CommitCounts }
  /** The source asked for patience: no request leaves before `until`. */
  | { readonly type: "held"; readonly until: EpochMs; readonly error: RunError }
  /**
   * The same page, commit, question to the store or to the quarantine, or whole run again, after `delayMs`: try number
   * `attempt` of `attempts` failed. A run that was refused for the rate has its try handed back.
   */
  | {
      readonly type: "retrying";
      readonly slice: Slice;
      readonly what: "page" | "commit" | "coverage" | "quarantine" | "run";
      readonly attempt: number;
      readonly attempts: number;
      readonly delayMs: number;
      readonly error: RunError;
    }
  | { readonly type: "quarantined"; readonly entry: QuarantinedSymbol }
  | { readonly type: "completed"; readonly slice: Slice; readonly result: RunResult }
  | { readonly type: "failed"; readonly slice: Slice; readonly error: RunError }
  /**
   * The worker has nothing in hand and waits: for `queued` runs whose next try is not due, and for `running` ones that
   * others hold. `workers` names those, each once, the one whose lease ends first before the others; `until` is that
   * end (exclusive, on the queue's clock; absent when none is held), from which on a dead worker's run can be had. Comes
   * when what is waited for changes or a lease outlives its end, every 10 s at most; never where `wait` is false.
   */
  | {
      readonly type: "waiting";
      readonly queued: number;
      readonly running: number;
      readonly workers: readonly string[];
      readonly until?: EpochMs;
    }
  /** Another worker has the run, or it was cancelled. */
  | { readonly type: "lost"; readonly slice: Slice }
  /** Handed back unspent, because the work was stopped. */
  | { readonly type: "returned"; readonly slice: Slice }
  /** The run was sent to another process, which takes its lease over. */
  | { readonly type: "dispatched"; readonly slice: Slice; readonly to: string }
  /**
   * The other process did not answer well. `here`: the queue says that it never took the run over, and it is worked here
   * instead; `returned`: it is queued, and there was no time or no room for that. `left`: it did take it, and the lease
   * decides.
   */
  | {
      readonly type: "dispatch-failed";
      readonly slice: Slice;
      readonly to: string;
      readonly next: "here" | "returned" | "left";
      readonly error: RunError;
    }
  /** A tick is over. `claimed` runs were started; with none though some are `queued`, `note` says why. */
  | {
      readonly type: "ticked";
      readonly enqueued: number;
      readonly claimed: number;
      readonly queued: number;
      readonly running: number;
      readonly note: string;
      readonly stuck: boolean;
    }
  /** The list of assets could not be had: the report tells less of why series are empty. */
  | { readonly type: "assets-failing"; readonly error: RunError }
  /** The queue failed, and is asked again after `delayMs`. */
  | { readonly type: "queue-failing"; readonly delayMs: number; readonly error: RunError }
  /** All work is stopped: this would fail everywhere. */
  | { readonly type: "halted"; readonly error: RunError }
);

/** Watches a backfill. What it throws changes nothing. */
export type Observer = (event: BackfillEvent) => void;
