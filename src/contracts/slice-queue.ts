import type { RunError } from "../model/error-code.ts";
import type { EpochMs } from "../model/interval.ts";
import type { Label } from "../model/names.ts";
import type { Slice } from "../model/slice.ts";
import type { Timeframe } from "../model/timeframe.ts";

/** A slice's life in the queue. The last three are over. */
export const RUN_STATES = ["queued", "running", "success", "failed", "cancelled"] as const;
/**
 * `queued`, also while it waits for a retry; `running` under a lease, even one that has expired; `success`, `failed`,
 * `cancelled`: over.
 */
export type RunState = (typeof RUN_STATES)[number];

/** A worker's claim on a run, until a time, under the token that the worker brought. */
export interface Lease {
  /** All that a worker needs to know of the work. */
  readonly slice: Slice;
  /** For people: what a worker may do depends on the token alone. */
  readonly workerId: string;
  /** What fences: a holder with another token is refused with {@link LeaseLostError}. */
  readonly token: string;
  /** Exclusive, on the queue's clock: at this instant the run may be taken by another. */
  readonly expiresAt: EpochMs;
  /** 1 on the first try. Tries that were handed back unspent do not count, nor do those of leases that ran out. */
  readonly attempt: number;
  /**
   * How many leases of this run ran out and were taken over, this claim's included, since it was queued or requeued:
   * how often a worker died, or fell silent, over it.
   */
  readonly expiries: number;
  /**
   * How far the run had come when it was claimed, as last reported; what is reported under this lease goes on from it.
   */
  readonly before: Progress;
}

/** What a run came to since it was queued, under all its leases. */
export interface RunResult {
  /**
   * Bars that the store wrote, new or revised; those that it held already are none. Each is counted once, however often
   * the run was taken up; what a worker that died wrote after its last report is not counted.
   */
  readonly bars: number;
  /** Requests sent, answered or not. */
  readonly requests: number;
}

/** How far a run has come, under all its leases. */
export interface Progress extends RunResult {
  /** 0 to 100, of the slice's series-time. */
  readonly percent: number;
}

/** Which runs are meant: those that match every field that is there; all, when none is. */
export interface RunFilter {
  /** By slice id; none match when empty. */
  readonly ids?: readonly string[];
  /** The whole label: no prefix, no pattern. */
  readonly label?: Label;
  /** In its long spelling. */
  readonly timeframe?: Timeframe;
  /** The source's name, as in `alpaca`. */
  readonly provider?: string;
  /** Any of these; none match when empty. */
  readonly states?: readonly RunState[];
}

/** Which open runs are meant, and how many of them. */
export interface OpenFilter extends RunFilter {
  /** The first so many in the order of the answer, a whole number of 1 or more; absent means all. */
  readonly limit?: number;
}

/** How many runs of one label are in one state. */
export interface RunCounts {
  /** Absent for runs that serve no job. */
  readonly label?: Label;
  /** There is no row for a state that no run is in. */
  readonly state: RunState;
  /** 1 or more. */
  readonly runs: number;
  /** The bars that these runs wrote, as last reported by progress or result. */
  readonly bars: number;
}

/** A run that is running, as others than its holder see it. */
export interface RunningRun {
  /** All of it, as it was queued. */
  readonly slice: Slice;
  /** As the worker named itself when it leased. */
  readonly workerId: string;
  /** As in its lease. */
  readonly attempt: number;
  /** When it was claimed, on the queue's clock. */
  readonly since: EpochMs;
  /** Exclusive, on the queue's clock; in the past for a run whose worker is gone, and which nobody took yet. */
  readonly expiresAt: EpochMs;
  /** Bars that it wrote since it was queued, as last reported. */
  readonly bars: number;
}

/** Why a run has failed. */
export interface RunFailure {
  /** Of its slice. */
  readonly id: string;
  /** As `fail` was told. */
  readonly error: RunError;
  /** In ms on the queue's clock, 0 or more. */
  readonly agoMs: number;
}

/** Who claims, how many, for how long, and of which runs. */
export interface LeaseOptions {
  /** Names the holder in `running` and in the tables. */
  readonly workerId: string;
  /**
   * A fresh random string a claim. While it holds leases, the same token again returns those and takes no others, even
   * when both claims are under way at once: a lost answer loses nothing.
   */
  readonly token: string;
  /** The most leases to take, 1 or more. */
  readonly limit: number;
  /**
   * How long the leases hold without renewal, in ms, 1 or more. Shorter frees a dead worker's runs sooner, and needs
   * more renewals.
   */
  readonly ttlMs: number;
  /** Only slices of this provider; absent means any. */
  readonly provider?: string;
  /** Only these slices, by id, as far as they are due; none when empty, any when absent. */
  readonly ids?: readonly string[];
  /**
   * Takes no more than leave so many runs of `provider` under a lease that holds, whoever holds it. Claims that bound
   * themselves so never exceed it together, even when they are under way at once. 0 takes none, and returns what the
   * token holds. Absent means no bound.
   */
  readonly maxRunning?: number;
}

/** What may not be queued. */
export interface EnqueueOptions {
  /**
   * True leaves out every slice that a run which is queued or running will fetch a part of: one whose series and
   * interval it shares, though it was cut otherwise. Calls that say so never queue the same bars twice between them,
   * even when they are under way at once; the slices of one call must be apart among themselves. A slice that asks
   * again goes by its id alone. Default false.
   */
  readonly apart?: boolean;
}

/** When a run may be tried again, and at whose cost. */
export interface RetryOptions {
  /** The run may be leased again from this instant on. */
  readonly notBefore: EpochMs;
  /** Absent when nothing went wrong, as when a worker is told to stop. */
  readonly error?: RunError;
  /** False hands the attempt back: it was not the run's fault. */
  readonly attemptSpent: boolean;
  /** How far the run came; absent means as last reported. */
  readonly progress?: Progress;
}

/**
 * Who works on what. A run is leased by one worker at a time; a lease that runs out comes back by itself.
 * `renew`, `complete`, `retry` and `fail` reject with {@link LeaseLostError} when the lease has expired and was
 * taken by another, when the run was cancelled, or when it is over. A lease that has expired and that nobody took still
 * counts. Retried and requeued runs keep their place in the order of arrival; one queued afresh goes to the end of it.
 */
export interface SliceQueue {
  /**
   * Queues slices and returns how many were new. A slice whose run is queued or running is left alone; one whose
   * run is over is queued afresh.
   */
  enqueue(slices: readonly Slice[], options?: EnqueueOptions): Promise<number>;
  /**
   * Claims runs: expired leases first, then by priority, then in the order they came. Empty when none is due. A lease
   * that expired counts as one of `expiries` and as no attempt: how many are too many is for the worker to say.
   */
  lease(options: LeaseOptions): Promise<Lease[]>;
  /**
   * The lease, good for `ttlMs` from now on. Shows `progress` to whoever watches. Many at once are many leases, or one
   * lease twice: then the later call decides.
   */
  renew(lease: Lease, progress: Progress, ttlMs: number): Promise<Lease>;
  /** Ends the run as `success`. */
  complete(lease: Lease, result: RunResult): Promise<void>;
  /** Back to `queued`. */
  retry(lease: Lease, options: RetryOptions): Promise<void>;
  /**
   * Ends the run as `failed`: nobody takes it again before it is requeued. `progress` is how far it came; absent means
   * as last reported.
   */
  fail(lease: Lease, error: RunError, progress?: Progress): Promise<void>;
  /** Cancels queued and running runs; returns how many. */
  cancel(filter: RunFilter): Promise<number>;
  /** Puts failed runs back to `queued` with their attempts and expiries given back; returns how many. */
  requeue(filter: RunFilter): Promise<number>;
  /**
   * The slices whose runs are queued or running, in the order in which they would be leased if all were due; empty
   * when there is nothing to do. Plans leave out what is in here.
   */
  open(filter: OpenFilter): Promise<readonly Slice[]>;
  /** The runs that are running, the longest claimed first. Empty when there are none. */
  running(filter: RunFilter): Promise<readonly RunningRun[]>;
  /**
   * Why the runs of these slices have failed, in no order: of those that have, and were not queued again. Empty when
   * none has. Where a queue has no such method, ticks ask for what came with bad bars again every time.
   */
  failures?(ids: readonly string[]): Promise<readonly RunFailure[]>;
  /**
   * One row a label and state that has runs: those without a label first, then by label, then in the order of
   * {@link RUN_STATES}. Of all runs, or of those that match `filter`.
   */
  counts(filter?: RunFilter): Promise<readonly RunCounts[]>;
}
