import type { BarSource } from "../contracts/bar-source.ts";
import type { Lease } from "../contracts/slice-queue.ts";
import { isBarfillError, OptionsError } from "../errors.ts";
import type { WorkOptions, WorkSummary } from "../executor/worker.ts";
import { defined } from "../model/defined.ts";
import type { Adjustment } from "../model/series.ts";
import type { Slice } from "../model/slice.ts";
import { DEFAULT_LEASE_MS } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";
import { timeLimit } from "../time-limit.ts";
import type { Answer } from "./answer.ts";
import { batchBody, type FetchBody, singleBody } from "./body.ts";
import type { Act, EdgeContext } from "./edge-options.ts";
import { type FetchAnswer, fetchAnswer } from "./fetch-answer.ts";
import { healing } from "./healing.ts";

/** What is fetched where no run says otherwise. */
const PLAIN: Adjustment = "raw";

/** What the batch function does. */
export const fetchBatch: Act = (context, request, _, answer) => fetched(context, request, answer, batchBody);

/** What the function for one symbol does. */
export const fetchSingle: Act = (context, request, _, answer) => fetched(context, request, answer, singleBody);

async function fetched(
  context: EdgeContext,
  request: Request,
  answer: Answer,
  bodyOf: (request: Request, source: BarSource) => Promise<FetchBody>,
): Promise<Response> {
  if (request.method !== "POST") return answer(405, { error: { code: "METHOD", message: "POST is needed" } });
  try {
    const result = await fetchBody(context, await bodyOf(request, context.parts.backfill.source));
    if (!("conflicts" in result)) return answer(result.halted === undefined ? 200 : 502, result);
    const message = "these runs ask for more than the request";
    return answer(409, { error: { code: "CONFLICT", message, runs: result.conflicts } });
  } catch (error) {
    if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
    return answer(400, { error: { code: error.code, message: error.message, issues: error.issues } });
  }
}

interface Named {
  /** As the request has it. */
  readonly id: string | number;
  /** Absent when the run is not known. */
  readonly sliceId?: string;
  /** Known of those that are named by their row. */
  readonly slice?: Slice;
}

type Conflicts = { readonly conflicts: readonly (string | number)[] };

async function fetchBody(context: EdgeContext, body: FetchBody): Promise<FetchAnswer | Conflicts> {
  const { parts, backfill, signal } = context;
  const { clock = systemClock, queue } = parts.backfill;
  const started = clock.now();
  const deadline = started + Math.min(context.budgetMs, body.budget_ms ?? Number.POSITIVE_INFINITY);
  const { requests_per_minute: requestsPerMinute } = body;
  const bounds: WorkOptions = { deadline, ...defined({ signal, requestsPerMinute }) };
  const { symbols, timeframe, from, to } = body;
  const wanted = { symbols, timeframes: [timeframe], start: from, end: to };
  /** What bars the request is about: those of its runs. */
  let adjustments: readonly Adjustment[] = [PLAIN];

  let work: WorkSummary;
  let notClaimed: readonly (string | number)[] = [];
  const { job_run_ids: runIds = [] } = body;
  if (runIds.length === 0) {
    const plan = await backfill.plan(wanted);
    await backfill.enqueue(plan);
    // What an earlier request handed back, or left behind, is queued still, and no part of the plan.
    const { provider } = parts.backfill.source;
    const left = (await queue.open({ provider, timeframe })).filter(
      (slice) => slice.adjustment === PLAIN && isWithin(slice, body),
    );
    const ids = [...new Set([...plan.slices, ...left].map(({ id }) => id))];
    work = await backfill.work({ ...bounds, ids, wait: false });
  } else {
    const named = await resolve(context, runIds);
    const ids = named.flatMap(({ sliceId }) => sliceId ?? []);
    const open = new Map((await queue.open({ ids })).map((slice) => [slice.id, slice]));
    const conflicts = named.filter(({ sliceId }) => !isWithin(open.get(sliceId ?? ""), body));
    if (conflicts.length > 0) return { conflicts: conflicts.map(({ id }) => id) };
    work = await (body.token === undefined
      ? backfill.work({ ...bounds, ids, wait: false })
      : workHandedOver(context, body.token, ids, bounds));
    const asked = named.flatMap(({ sliceId, slice }) => open.get(sliceId ?? "") ?? slice ?? []);
    if (asked.length > 0) adjustments = [...new Set(asked.map(({ adjustment }) => adjustment))];
    const worked = new Set(work.runs.map(({ slice }) => slice.id));
    notClaimed = named.filter(({ sliceId }) => sliceId === undefined || !worked.has(sliceId)).map(({ id }) => id);
  }
  const report = await backfill.report(adjustments.map((adjustment) => ({ ...wanted, adjustment })));
  return fetchAnswer({ symbols, work, report, notClaimed, elapsedMs: clock.now() - started });
}

/**
 * Works the leases that somebody else claimed under `token` and hands over. Renewed first of all: by that the other
 * side can tell from the queue that they were taken over, whatever becomes of this request's answer.
 */
async function workHandedOver(
  { parts, backfill }: EdgeContext,
  token: string,
  ids: readonly string[],
  bounds: WorkOptions,
): Promise<WorkSummary> {
  const { queue, source, clock = systemClock } = parts.backfill;
  const { workerId = "fetch-bars-batch", leaseMs = DEFAULT_LEASE_MS } = parts.backfill;
  const claim = { workerId, token, ids, limit: Math.max(1, ids.length), ttlMs: leaseMs, provider: source.provider };
  const limit = timeLimit(clock, bounds.deadline ?? Number.POSITIVE_INFINITY);
  const healed = healing(parts.backfill, limit.signal);
  try {
    // Without room for a new one: what is no longer held under the token was taken back, and may be queued again or
    // over.
    const leases = await healed(() => queue.lease({ ...claim, maxRunning: 0 }));
    const renewed = await Promise.all(leases.map(renewedUnlessLost));
    return await backfill.work({ ...bounds, leases: renewed.flat() });
  } finally {
    limit.end();
  }

  async function renewedUnlessLost(lease: Lease): Promise<Lease[]> {
    try {
      return [await healed(() => queue.renew(lease, lease.before, leaseMs))];
    } catch (error) {
      if (isBarfillError(error, "LEASE_LOST")) return [];
      throw error;
    }
  }
}

/** The slices of runs that are named by either id. */
async function resolve({ parts }: EdgeContext, ids: readonly (string | number)[]): Promise<Named[]> {
  const isSlice = (id: string | number) => typeof id === "string" && id.length === 32;
  const rowIds = ids.filter((id) => !isSlice(id)).map(Number);
  if (rowIds.length > 0 && parts.runsByRowId === undefined) {
    const expected = "ids of slices, because this function has no runsByRowId";
    throw new OptionsError([{ path: "job_run_ids", expected, received: String(rowIds[0]) }]);
  }
  const found = rowIds.length === 0 ? [] : ((await parts.runsByRowId?.(rowIds)) ?? []);
  const byRow = new Map(found.map(({ rowId, slice }) => [rowId, slice]));
  return ids.map((id) => {
    if (isSlice(id)) return { id, sliceId: String(id) };
    const slice = byRow.get(Number(id));
    return slice === undefined ? { id } : { id, sliceId: slice.id, slice };
  });
}

/** True when all of the run lies within what the request says, and when it is not there to be worked at all. */
function isWithin(slice: Slice | undefined, { symbols, timeframe, from, to }: FetchBody): boolean {
  if (slice === undefined) return true;
  const asked = new Set(symbols);
  const { start, end } = slice.interval;
  return slice.timeframe === timeframe && start >= from && end <= to && slice.symbols.every((one) => asked.has(one));
}
