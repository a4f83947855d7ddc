import type { Arrivals } from "../contracts/arrivals.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { Clock } from "../contracts/clock.ts";
import type { EventDetails } from "../contracts/observer.ts";
import type { Quarantine } from "../contracts/quarantine.ts";
import type { RateLimiter } from "../contracts/rate-limiter.ts";
import type { SliceQueue } from "../contracts/slice-queue.ts";
import type { Gap } from "../model/coverage.ts";
import type { Slice } from "../model/slice.ts";
import type { OutageWatch } from "./outage.ts";
import type { RetryPolicy } from "./retry.ts";
import type { StorePatience } from "./store-patience.ts";
import type { Tally } from "./tally.ts";

/** An event before it is stamped with the time. */
export type EventBody = { [T in keyof EventDetails]: { readonly type: T } & EventDetails[T] }[keyof EventDetails];

/** What the executor works with. */
export interface ExecutorContext {
  readonly source: BarSource;
  readonly store: BarStore;
  /** Of the store and the quarantine, whoever asks them. */
  readonly patience: StorePatience;
  readonly queue: SliceQueue;
  readonly limiter: RateLimiter;
  /** Of the source, whoever asks it. */
  readonly outage: OutageWatch;
  /** Lists what is in force now. */
  readonly quarantine: Quarantine;
  /** Of each slice in flight, the symbols that were refused to others since it read the quarantine. */
  readonly refusedMeanwhile: Set<Set<string>>;
  /** How long a refused symbol is left out. */
  readonly quarantineMs: number;
  readonly clock: Clock;
  /** In [0, 1), as `Math.random`. */
  readonly random: () => number;
  readonly retry: RetryPolicy;
  /** Names this worker in the queue. */
  readonly workerId: string;
  /** The most slices in flight. */
  readonly concurrency: number;
  /** How long a lease holds without renewal; it is renewed after a third of that. */
  readonly leaseMs: number;
  /** How long to wait before asking an empty queue again. */
  readonly pollMs: number;
  /** Ends that wait early; `undefined` where polling is all there is. */
  readonly arrivals: Arrivals | undefined;
  /** Tells the observer; never throws. */
  readonly emit: (event: EventBody) => void;
  /** Widens what symbols of a slice lack, where fewer pages bring it all. */
  readonly widen: (gaps: readonly Gap[]) => readonly Gap[];
  /** Takes note of what a finished run showed, for the cost model. */
  readonly onFinished: (slice: Slice, tally: Tally) => void;
  /** Called before runs are leased. Rejects when the store or the queue is broken for good. */
  readonly betweenRuns: (signal: AbortSignal) => Promise<void>;
}
