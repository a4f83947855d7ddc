import type { BarSource, PageRequest, SourceLimits } from "../../contracts/bar-source.ts";
import type { BarStore } from "../../contracts/bar-store.ts";
import type { SliceQueue } from "../../contracts/slice-queue.ts";
import type { Interval } from "../../model/interval.ts";
import type { Planner } from "../../planners/planner.ts";

/** One thing that every adapter must do. */
export interface ConformanceCase<Context> {
  /** `S01`, `Q01`, `B01`, `P01`, …: never given to another case. */
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

/** What a source case works on: a source, and what is known of the past that it answers with. */
export interface SourceContext {
  /** Answers without faults, as often as it is asked. */
  readonly source: BarSource;
  /**
   * Over a past that no longer changes, within the source's limits. Two symbols or more where one request may name so
   * many, and bars for more than one page where the source has pages.
   */
  readonly request: PageRequest;
  /** How many bars of each symbol lie in the request's interval; a symbol that is not named has none. */
  readonly barCounts: Readonly<Record<string, number>>;
  /** Where none of the request's symbols has a bar, such as before the history; absent where there is no such time. */
  readonly withoutBars?: Interval;
}

/** What a planner case works on. */
export interface PlannerContext {
  readonly planner: Planner;
  /** The limits of the one source that it is made for; without, it must plan for stocks and for crypto. */
  readonly limits?: SourceLimits;
}
