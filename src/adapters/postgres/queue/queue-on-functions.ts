import type { Lease, OpenFilter, RunFailure, RunFilter, RunState, SliceQueue } from "../../../contracts/slice-queue.ts";
import { LeaseLostError } from "../../../errors.ts";
import type { Slice } from "../../../model/slice.ts";
import type { Arguments, Functions } from "../functions.ts";
import { isBoolean, isNumber, isString, objectOf, orNull } from "../shapes.ts";
import { ageOf, limitOf, maxRunningOf, notBeforeOf, rowIdsOf, ttlOf } from "./check.ts";
import {
  errorArgs,
  filterArgs,
  isCountRow,
  isLeaseRow,
  isRunningRow,
  isRunState,
  isSlice,
  progressArgs,
  toCounts,
  toLease,
  toRunning,
} from "./rows.ts";
import { completions, renewals } from "./settle.ts";

/** A {@link SliceQueue} that keeps what is over until it is pruned. */
export interface PostgresQueue extends SliceQueue {
  /**
   * Deletes runs that have been over for `olderThanMs` (0 or more) or longer, save those that somebody else queues
   * afresh at this moment; returns how many. Scans the table.
   */
  prune(options: { readonly olderThanMs: number }): Promise<number>;
  /**
   * The runs with these ids of `job_runs`, ascending by it, each once; unknown ids are left out. Rejects with
   * {@link OptionsError} for what is no row id.
   */
  runsByRowId(rowIds: readonly number[]): Promise<readonly RunRow[]>;
  /** The runs of these slices, ascending by row id, each once; unknown slices are left out. */
  runsBySliceId(sliceIds: readonly string[]): Promise<readonly RunRow[]>;
}

/** A run and its row. */
export interface RunRow {
  /** `job_runs.id`. A slice keeps its row when it is enqueued again. */
  readonly rowId: number;
  /** As it was queued last. */
  readonly slice: Slice;
  /** When the row was read. */
  readonly state: RunState;
}

/** Slices a statement: about 1 MB of JSON at 50 symbols a slice. */
const ENQUEUED_AT_ONCE = 2000;

/**
 * The queue of `migrations/0002_queue.sql`, however its functions are called; `patient` calls those that may take as
 * long as they take.
 */
export function queueOnFunctions(functions: Functions, patient: Functions = functions): PostgresQueue {
  const { value, rows } = functions;
  const renewal = renewals(functions);
  const completion = completions(functions);

  const held = async ({ slice, token }: Lease, name: string, args: Arguments): Promise<void> => {
    const isHeld = await value(name, { p_slice_id: slice.id, p_token: token, ...args }, isBoolean);
    if (!isHeld) throw new LeaseLostError(slice.id);
  };

  const found = (rowIds: readonly number[], sliceIds: readonly string[]) =>
    rows("find_runs", { p_row_ids: rowIds, p_slice_ids: sliceIds }, isFoundRow);

  const find = async (rowIds: readonly number[], sliceIds: readonly string[]): Promise<RunRow[]> =>
    (await found(rowIds, sliceIds)).map(({ row_id, slice, state }) => ({ rowId: row_id, slice, state }));

  /**
   * What goes over all runs takes as long as it takes; runs by name do not, and a worker must not wait for them for
   * ever.
   */
  const over = ({ ids }: RunFilter): Functions => (ids === undefined ? patient : functions);

  return {
    async enqueue(slices, { apart = false } = {}) {
      let added = 0;
      for (let from = 0; from < slices.length; from += ENQUEUED_AT_ONCE) {
        const json = slices.slice(from, from + ENQUEUED_AT_ONCE);
        added += await value("enqueue_runs", { p_slices: { json }, p_apart: apart }, isNumber);
      }
      return added;
    },

    async lease(claim) {
      const { workerId, token, limit, ttlMs, provider, ids, maxRunning } = claim;
      const args = {
        p_worker_id: workerId,
        p_token: token,
        p_limit: limitOf(limit),
        p_ttl_ms: ttlOf(ttlMs),
        p_provider: provider ?? null,
        p_ids: ids ?? null,
        p_max_running: maxRunningOf(maxRunning) ?? null,
      };
      // As rows. The set as one value of JSON takes the server longer than it spares the client: 0.70 of a bare loop's
      // runs a second in place of 0.78. A column a list saves the client 0.4 of 4.2 ms a thousand, and a function that
      // reads so.
      return (await rows("lease_runs", args, isLeaseRow)).map((row) => toLease(row, claim));
    },

    async renew(lease, progress, ttlMs) {
      return { ...lease, expiresAt: await renewal({ lease, progress, ttlMs: ttlOf(ttlMs) }) };
    },

    complete: (lease, result) => completion({ lease, result }),

    retry: async (lease, { notBefore, error, attemptSpent, progress }) =>
      held(lease, "retry_run", {
        p_not_before_ms: notBeforeOf(notBefore),
        p_attempt_spent: attemptSpent,
        ...errorArgs(error),
        ...progressArgs(progress),
      }),

    fail: (lease, error, progress) => held(lease, "fail_run", { ...errorArgs(error), ...progressArgs(progress) }),

    open: (filter) => openSlices(rows, filter, functions.mostRows),
    running: async (filter) => (await rows("running_runs", filterArgs(filter), isRunningRow)).map(toRunning),
    cancel: (filter) => over(filter).value("cancel_runs", filterArgs(filter), isNumber),
    requeue: (filter) => over(filter).value("requeue_runs", filterArgs(filter), isNumber),
    failures: async (ids) => {
      const failures: RunFailure[] = [];
      for (let from = 0; from < ids.length; from += ENQUEUED_AT_ONCE) {
        for (const run of await found([], ids.slice(from, from + ENQUEUED_AT_ONCE))) {
          const { state, slice, error_code, error_message, ended_ago_ms } = run;
          if (state !== "failed") continue;
          // A row that was written by hand may have none.
          const error = { code: error_code ?? "UNEXPECTED", message: error_message ?? "" };
          failures.push({ id: slice.id, error, agoMs: ended_ago_ms ?? 0 });
        }
      }
      return failures;
    },
    counts: async (filter = {}) => {
      const isOfOpen = filter.states?.every((state) => state === "queued" || state === "running") ?? false;
      const called = isOfOpen ? functions : over(filter);
      return toCounts(await called.rows("count_runs", filterArgs(filter), isCountRow));
    },
    prune: async ({ olderThanMs }) => patient.value("prune_runs", { p_older_than_ms: ageOf(olderThanMs) }, isNumber),
    runsByRowId: async (rowIds) => find(rowIdsOf(rowIds), []),
    runsBySliceId: (sliceIds) => find([], sliceIds),
  };
}

const isFoundRow = objectOf<{
  row_id: number;
  slice: Slice;
  state: RunState;
  error_code: string | null;
  error_message: string | null;
  ended_ago_ms: number | null;
}>({
  row_id: isNumber,
  slice: isSlice,
  state: isRunState,
  error_code: orNull(isString),
  error_message: orNull(isString),
  ended_ago_ms: orNull(isNumber),
});

const isOpenRow = objectOf({ slice: isSlice, priority: isNumber, arrival: isNumber });

/** Page by page where `mostRows` says so: each starts after the last run of the one before, which keeps its place. */
async function openSlices(
  rows: Functions["rows"],
  { limit: wanted, ...filter }: OpenFilter,
  mostRows = Number.POSITIVE_INFINITY,
): Promise<Slice[]> {
  const most = wanted === undefined ? Number.POSITIVE_INFINITY : limitOf(wanted);
  const open: Slice[] = [];
  let after: { priority: number; arrival: number } | undefined;
  for (;;) {
    const limit = Math.min(most - open.length, mostRows);
    const page = await rows(
      "open_runs",
      {
        ...filterArgs(filter),
        p_limit: Number.isFinite(limit) ? limit : null,
        p_after_priority: after?.priority ?? null,
        p_after_arrival: after?.arrival ?? null,
      },
      isOpenRow,
    );
    for (const { slice } of page) open.push(slice);
    after = page.at(-1);
    if (after === undefined || page.length !== limit || open.length === most) return open;
  }
}
