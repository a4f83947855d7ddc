import type { Backfill } from "../backfill.ts";
import type { JobDefinition } from "../model/job.ts";
import type { Slice } from "../model/slice.ts";
import type { BackfillOptions } from "../options/backfill-options.ts";
import type { Answer } from "./answer.ts";

/** The environment: those of `Name` are there, all others may be. */
export type Settings<Name extends string> = Readonly<Record<Name, string>> &
  Readonly<Record<string, string | undefined>>;

/**
 * What all three functions take. At boot nothing of it is used, and nothing is loaded but this: whatever is missing or
 * broken behind it, the function boots, and its health says what.
 */
export interface EdgeOptions<Name extends string = string> {
  /** What `Deno.env.toObject()` gives. Never read from anywhere else, and never shown. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The settings without which nothing works. Those that are missing or empty are named in every answer. */
  readonly needs: readonly Name[];
  /**
   * The settings whose values open the function, in the header `x-barfill-secret`, as `Authorization: Bearer …`, or in
   * the header `apikey`; where there are several, the first of these counts. One of them must be set: without any,
   * every request is refused.
   */
  readonly keys: readonly string[];
  /** Wires the parts. Called at the first request that needs them, and again when it failed. */
  connect(env: Settings<Name>): EdgeParts | Promise<EdgeParts>;
  /**
   * How long a request may work, in ms; what is not done then goes back to the queue with its coverage kept. Default
   * 50,000: under the minute between two ticks, and with room to hand back before the platform ends the worker. A whole
   * number from 1,000 to 86,400,000 (a day); any other is an {@link OptionsError} in the first answer.
   *
   * @see https://supabase.com/docs/guides/functions/limits for the wall clock of 150 s (400 s paid) and 2 s of CPU
   */
  readonly budgetMs?: number;
  /** Origins of pages that may call, as `https://example.org`. Default none: no CORS header is ever sent. */
  readonly allowOrigins?: readonly string[];
  /** Stops all work at once and hands it back: for a platform that says when it is about to end the process. */
  readonly signal?: AbortSignal;
}

/** What {@link EdgeOptions.connect} returns. */
export interface EdgeParts {
  /** Source, store, queue and what else {@link createBackfill} takes. */
  readonly backfill: BackfillOptions;
  /** The definitions that are enabled. Only the orchestrator asks. */
  jobs(): Promise<readonly JobDefinition[]>;
  /** Finds runs by `job_runs.id`; the database queues have it. Without it, requests name runs by slice id alone. */
  runsByRowId?(rowIds: readonly number[]): Promise<readonly { readonly rowId: number; readonly slice: Slice }[]>;
  /** Where `fetchBarsBatch` runs. Absent: the orchestrator works runs itself, in its own process. */
  readonly batch?: BatchFunction;
}

/** The batch function as the orchestrator reaches it. */
export interface BatchFunction {
  /** All of it, as `https://<project>.supabase.co/functions/v1/fetch-bars-batch`. */
  readonly url: string;
  /** The value of one of its `keys`. */
  readonly key: string;
  /** Replaces the platform's `fetch`. */
  readonly fetch?: typeof fetch;
}

/** A web-standard handler: for `Deno.serve`, `Bun.serve`, a worker's `fetch`. */
export type EdgeFunction = (request: Request) => Promise<Response>;

/** What the actions of a function work with; one a process. */
export interface EdgeContext {
  readonly parts: EdgeParts;
  readonly backfill: Backfill;
  readonly budgetMs: number;
  readonly maxConcurrentRuns: number;
  readonly signal: AbortSignal | undefined;
}

/** What one function does with an allowed request for `action` (empty: none was named). */
export type Act = (context: EdgeContext, request: Request, action: string, answer: Answer) => Promise<Response>;
