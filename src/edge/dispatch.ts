import type { Lease, LeaseOptions } from "../contracts/slice-queue.ts";
import { isBarfillError } from "../errors.ts";
import { emitTo } from "../executor/emit.ts";
import { toRunError } from "../executor/retry.ts";
import type { Healed } from "../executor/until-healed.ts";
import { defined } from "../model/defined.ts";
import type { RunError } from "../model/error-code.ts";
import { MINUTE_MS } from "../model/units.ts";
import { DEFAULT_REQUESTS_PER_MINUTE } from "../options/backfill-options.ts";
import { systemClock } from "../system-clock.ts";
import { MOST_SYMBOLS } from "./body.ts";
import { type Carry, here, NOTHING, type RunOutcome } from "./carry.ts";
import type { BatchFunction, EdgeContext } from "./edge-options.ts";
import { FETCH_ANSWER } from "./fetch-answer.ts";

/** How much longer than its budget the batch function is waited for: it hands back, and answers. */
const GRACE_MS = 10_000;

/** The queue, as a tick asks it. */
interface QueueCalls {
  /** A run under a new lease, within the bound; nothing when none is to be had. */
  claim(options: Pick<LeaseOptions, "ids">): Promise<Lease | undefined>;
  /** Asks again while it may help and it is not over. */
  readonly healed: Healed;
  /** True when it is too late to start a run, or all work is stopped. */
  isOver(): boolean;
}

/**
 * Carries runs by the batch function. It takes the lease over by claiming with its token, and renews it first of all;
 * so whatever becomes of the answer, the queue says whether it has the run. Where it never took it, the run is claimed
 * anew (which fences off a request that is still on its way) and worked here, symbol by symbol.
 *
 * Every run under way may take one share of the rate, `requestsPerMinute / maxConcurrentRuns`, wherever it is worked.
 * The claim bounds the runs under way, over all ticks and processes, those of a lost answer too while their leases
 * hold. So all together keep to the rate, though no process knows what another one sends: beside four runs that are
 * dispatched, one that is worked here at the whole rate would make it 1.8 times the rate.
 */
export function dispatcher(context: EdgeContext, batch: BatchFunction, { claim, healed, isOver }: QueueCalls): Carry {
  const { parts, backfill } = context;
  const { queue, clock = systemClock, observer } = parts.backfill;
  const emit = emitTo(observer, clock);
  const send = batch.fetch ?? fetch;
  const share = shareOf(context);
  const bounds = defined({ requestsPerMinute: share });
  const whole = paid(here(backfill, bounds));
  const bySymbol = paid(here(backfill, { ...bounds, symbolsPerRequest: 1 }));
  const there = paid(dispatched);
  // More symbols than the batch function takes: of a job of large batches.
  return (lease, ...rest) => (lease.slice.symbols.length > MOST_SYMBOLS ? whole : there)(lease, ...rest);

  /**
   * A share is free again when all that was sent with it is paid for: who has it next does not know when the last
   * request left. A request more a run is little for long ones, and up to twice the rate for those of one page. Ticks
   * that overlap do not wait for each other's.
   */
  function paid(carry: Carry): Carry {
    return async (lease, deadline, signal) => {
      const started = clock.now();
      const outcome = await carry(lease, deadline, signal);
      if (share === undefined || outcome.halted !== undefined) return outcome;
      const paidAt = started + (outcome.requests * MINUTE_MS) / share;
      await clock.sleep(Math.min(paidAt, deadline) - clock.now(), signal).catch(() => {});
      return outcome;
    };
  }

  async function dispatched(lease: Lease, deadline: number, signal: AbortSignal): Promise<RunOutcome> {
    const { slice } = lease;
    emit({ type: "leased", slice, attempt: lease.attempt });
    emit({ type: "dispatched", slice, to: batch.url });
    const sent = await attempt(lease, deadline, signal);
    if ("outcome" in sent) return sent.outcome;
    const after = await takenBack(lease, deadline, signal);
    const next = typeof after === "object" ? "here" : after;
    emit({ type: "dispatch-failed", slice, to: batch.url, next, error: sent.error });
    if (typeof after === "object") return bySymbol(after, deadline, signal);
    return after === "left" ? { ...NOTHING, left: 1 } : { ...NOTHING, handed_back: 1 };
  }

  async function attempt(
    lease: Lease,
    deadline: number,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: RunOutcome } | { readonly error: RunError }> {
    const { slice, token } = lease;
    const budgetMs = Math.max(0, Math.floor(deadline - clock.now()));
    const body = {
      job_run_ids: [slice.id],
      symbols: slice.symbols,
      timeframe: slice.timeframe,
      from: new Date(slice.interval.start).toISOString(),
      to: new Date(slice.interval.end).toISOString(),
      token,
      budget_ms: budgetMs,
      ...defined({ requests_per_minute: share }),
    };
    const over = new AbortController();
    const waiting = new AbortController();
    const onAbort = () => over.abort(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    const timer = clock
      .sleep(budgetMs + GRACE_MS, waiting.signal)
      .then(() => over.abort(new DOMException("the batch function did not answer in time", "TimeoutError")))
      .catch(() => {});
    try {
      const response = await send(batch.url, {
        method: "POST",
        // Supabase's gateway lets a key that is no token through as a bearer only where `apikey` is the same.
        headers: { "content-type": "application/json", authorization: `Bearer ${batch.key}`, apikey: batch.key },
        body: JSON.stringify(body),
        signal: over.signal,
      });
      const text = await response.text();
      const outcome = outcomeIn(text);
      if (outcome !== undefined) return { outcome };
      // What a stranger says may be long, and is not repeated.
      return { error: { code: "DISPATCH_REFUSED", message: `the batch function answered ${response.status}` } };
    } catch (error) {
      const known = toRunError(error);
      return { error: { code: "DISPATCH_FAILED", message: `no answer of the batch function (${known.message})` } };
    } finally {
      waiting.abort();
      signal.removeEventListener("abort", onAbort);
      await timer;
    }
  }

  /**
   * The run under a new lease of this process's own, unless the batch function took it over or the time is up. One that
   * takes it over between the look and the return loses its lease here, and finds out when it renews or completes it.
   */
  async function takenBack(lease: Lease, deadline: number, signal: AbortSignal): Promise<Lease | "left" | "returned"> {
    const ids = [lease.slice.id];
    let tries = 0;
    try {
      const [run] = await healed(() => queue.running({ ids }));
      if (run?.attempt !== lease.attempt || run.expiresAt !== lease.expiresAt) return "left";
      await healed(() => {
        tries++;
        // In the past on any clock: due at once.
        return queue.retry(lease, { notBefore: 0, attemptSpent: false });
      });
    } catch (error) {
      if (!isBarfillError(error, "LEASE_LOST")) {
        if (isOver()) return "left";
        throw error;
      }
      // At a second try, most likely lost to the first one, whose answer did not come: then the run is back.
      if (tries === 1) return "left";
    }
    if (signal.aborted || clock.now() >= deadline) return "returned";
    // Nothing, where another tick was faster: it took this run, or the last place that was free.
    return (await claim({ ids })) ?? "returned";
  }
}

/** What a batch function of ours answers; `undefined` for anything else. */
function outcomeIn(text: string): RunOutcome | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = FETCH_ANSWER.safeParse(body);
  if (!parsed.success) return undefined;
  const { runs, total_bars, api_calls, not_claimed, halted } = parsed.data;
  const outcome = { ...runs, left: not_claimed.length, bars: total_bars, requests: api_calls };
  return halted === undefined ? outcome : { ...outcome, halted };
}

/**
 * Requests a minute that one run may take. `undefined` where nobody knows the rate: who learns it finds its share too.
 */
function shareOf({ parts, maxConcurrentRuns }: EdgeContext): number | undefined {
  const { requestsPerMinute, limiter } = parts.backfill;
  if (requestsPerMinute === "learn" || (requestsPerMinute === undefined && limiter !== undefined)) return undefined;
  return (requestsPerMinute ?? DEFAULT_REQUESTS_PER_MINUTE) / maxConcurrentRuns;
}
