import type { BarStore } from "../../contracts/bar-store.ts";
import type { SliceQueue } from "../../contracts/slice-queue.ts";

/** One thing that every adapter must do. */
export interface ConformanceCase<Context> {
  /** `S01`, `Q01`, …: never given to another case. */
  readonly id: string;
  /** What must hold, in a sentence. */
  readonly title: string;
  /** Rejects with an `AssertionError` that says what came instead, or with what the adapter threw. */
  run(context: Context): Promise<void>;
}

/** What a store case works on. */
export interface StoreContext {
  /** Holds nothing. */
  readonly store: BarStore;
}

/** What a queue case works on. */
export interface QueueContext {
  /** Holds nothing. */
  readonly queue: SliceQueue;
  /**
   * Moves the queue's clock on by `ms`, at least; every step is half a minute or longer. A queue on a database's own
   * clock moves all times that it has stored back instead.
   */
  advance(ms: number): Promise<void>;
}
