import { bottleneckLimiter } from "./adapters/bottleneck/index.ts";
import { memoryQuarantine } from "./adapters/memory/memory-quarantine.ts";
import type { Clock } from "./contracts/clock.ts";
import type { Quarantine } from "./contracts/quarantine.ts";
import type { RunCounts, RunFilter } from "./contracts/slice-queue.ts";
import { OptionsError } from "./errors.ts";
import { claimToken } from "./executor/claim-token.ts";
import type { ExecutorContext } from "./executor/context.ts";
import { emitTo } from "./executor/emit.ts";
import { DEFAULT_RETRY, toRunError } from "./executor/retry.ts";
import type { Tally } from "./executor/tally.ts";
import { untilHealed } from "./executor/until-healed.ts";
import { type WorkOptions, type WorkSummary, work } from "./executor/worker.ts";
import { clip } from "./model/interval.ts";
import type { JobDefinition } from "./model/job.ts";
import { DAY_MS } from "./model/new-york.ts";
import type { Report } from "./model/report.ts";
import { calendarFor } from "./model/session.ts";
import { kindOf } from "./model/shown.ts";
import type { Slice } from "./model/slice.ts";
import {
  type BackfillOptions,
  checkBackfillOptions,
  DEFAULT_LEASE_MS,
  DEFAULT_REQUESTS_PER_MINUTE,
} from "./options/backfill-options.ts";
import { type Requests, resolveRequests } from "./options/request.ts";
import { ownRuns } from "./options/run-filter.ts";
import { checkWorkOptions } from "./options/work-options.ts";
import { type CostModel, INITIAL_COST_MODEL, learn } from "./planners/cost-model.ts";
import { pageBudget } from "./planners/page-budget.ts";
import { sessionIndex } from "./planners/session-index.ts";
import { cutAnew } from "./planning/cut-anew.ts";
import { joined, makePlan, Plan, type PlanParts } from "./planning/plan.ts";
import { queueJobs, type TickOptions } from "./planning/queue-jobs.ts";
import { createReslicer } from "./planning/reslice.ts";
import { gapsIn, type Wanted, wantedOf } from "./planning/wanted.ts";
import { buildReport, silentSeries } from "./reporting/report.ts";
import { emptySeries } from "./reporting/silence.ts";
import { systemClock } from "./system-clock.ts";
import { unlessAborted } from "./time-limit.ts";

/** Calls the store, the queue or the quarantine again where that may help, a few times. */
type Settled = <T>(call: () => Promise<T>) => Promise<T>;

/** How often what others queue meanwhile is cut out of a plan's slices. */
const ENQUEUE_TIMES = 10;

/** A backfill. Its methods are the steps that `run` is made of. */
export interface Backfill {
  /** Reads coverage and the queue, and cuts what is missing and not queued into slices. @throws {@link OptionsError}, {@link StoreError} */
  plan(requests: Requests): Promise<Plan>;
  /**
   * Puts the plan's slices into the queue; returns how many were new. What others queued since the plan was made is not
   * queued again, even where it was cut otherwise: then the rest is cut anew.
   *
   * @throws {@link OptionsError} for what `plan` did not return.
   */
  enqueue(plan: Plan): Promise<number>;
  /**
   * Works runs off the queue until it is drained, whoever queued them. Returns early on `signal`, at `deadline`, after
   * `maxRuns`, or halted by what would fail everywhere; runs in flight are handed back unspent then. Rejects with
   * {@link OptionsError}.
   */
  work(options?: WorkOptions): Promise<WorkSummary>;
  /**
   * Plans, enqueues, works, and reports. Resolves for every ending but one, with what is missing and why; rejects with
   * `signal.reason` when aborted: at once while it plans, enqueues or reports, and after the runs in flight were handed
   * back while it works.
   */
  run(requests: Requests, options?: WorkOptions): Promise<Report>;
  /**
   * Queues what enabled `jobs` lack of their windows now, and returns how many runs were new: none where everything is
   * covered or queued already. Call it as often as you like, from several processes at once: no bar is queued twice.
   * `work` does the rest. A job that cannot be planned, such as a row of `job_definitions` that was written by hand, costs
   * itself alone: the observer hears `job-refused`, and the others are queued. Rejects with {@link StoreError}; what was
   * planned before is queued then.
   */
  tick(jobs: readonly JobDefinition[], options?: TickOptions): Promise<number>;
  /**
   * What the store holds and lacks of `requests` now, and what `done` did for it where that is passed. Asks nothing of
   * the source.
   * Of a plan, on what it wanted: without an `end`, bars that became final since are not missing from its work.
   */
  report(requests: Requests | Plan, done?: WorkSummary): Promise<Report>;
  /** The runs of this source by label and state; those of others in the same queue are the queue's own `counts` to tell. */
  status(): Promise<readonly RunCounts[]>;
  /**
   * Cancels queued and running runs of this source; returns how many. `{}` means all of them. A filter that names slices
   * by id does not reach what they were cut anew into. Rejects with {@link OptionsError} for what is no filter, a field
   * that is there without a value included: it would mean every run.
   */
  cancel(filter: RunFilter): Promise<number>;
  /** Puts failed runs of this source back into the queue; returns how many. Rejects with {@link OptionsError} as `cancel`. */
  retryFailed(filter?: RunFilter): Promise<number>;
  /** The symbols that the source refuses: `list` tells those that are left out now, `lift` lets them be asked for. */
  readonly quarantine: Quarantine;
}

/**
 * Wires a source, a store and a queue into a backfill. Nothing is started and nothing needs to be closed.
 *
 * @throws {@link OptionsError} with every problem.
 */
export function createBackfill(options: BackfillOptions): Backfill {
  checkBackfillOptions(options);
  const {
    source,
    store,
    queue,
    planner = pageBudget(),
    clock = systemClock,
    requestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE,
  } = options;
  const { random = Math.random, observer, quarantineDays = 7 } = options;
  const quarantine = inForce(options.quarantine ?? memoryQuarantine(), clock);
  const calendar = options.calendar ?? calendarFor(source.limits.hours);
  let cost: CostModel = INITIAL_COST_MODEL;
  let holds = 0;

  const limiter =
    options.limiter ??
    bottleneckLimiter({
      requestsPerMinute,
      clock,
      makeUp: source.limits.makeUp ?? 0,
      ...(options.burst === undefined ? {} : { burst: options.burst }),
    });

  const context: ExecutorContext = {
    source,
    store,
    queue,
    quarantine,
    refusedMeanwhile: new Set(),
    quarantineMs: quarantineDays * DAY_MS,
    clock,
    random,
    limiter,
    retry: { ...DEFAULT_RETRY, ...options.retry },
    workerId: options.workerId ?? `worker-${Math.floor(random() * 2 ** 32).toString(36)}`,
    concurrency: options.concurrency ?? concurrencyFor(requestsPerMinute),
    leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
    pollMs: options.pollMs ?? 1000,
    arrivals: options.arrivals,
    emit: emitTo(observer, clock),
    onFinished: (slice, tally) => {
      cost = learn(cost, { timeframe: slice.timeframe, ...observedIn(tally) }, source.limits);
    },
    betweenRuns: (signal) => reslice(cost, signal),
  };
  const cutParts = { source, store, queue, planner, calendar, settled: healed };
  const reslice = createReslicer({
    ...cutParts,
    emit: context.emit,
    hold: () => {
      const { workerId, leaseMs } = context;
      return { workerId, ttlMs: leaseMs, token: claimToken(`${workerId}/reslice ${++holds}`, random) };
    },
  });

  return {
    plan,
    enqueue,
    work: async (workOptions = {}) => {
      checkWorkOptions(workOptions);
      return work(context, workOptions);
    },
    run,
    tick: async (jobs, tickOptions = {}) =>
      queueJobs(jobs, tickOptions, {
        ...planParts(),
        clock,
        emit: context.emit,
        healed,
        enqueue: (slices, signal) => enqueueSlices(slices, (call) => healed(call, signal)),
      }),
    report: async (requests, done) => {
      const wanted = Plan.is(requests) ? requests.wanted : wantedNow(requests);
      return reportOn(wanted, done, clock.now());
    },
    status: () => queue.counts({ provider: source.provider }),
    cancel: async (filter) => queue.cancel(ownRuns(filter, source.provider)),
    retryFailed: async (filter = {}) => queue.requeue(ownRuns(filter, source.provider)),
    quarantine,
  };

  async function plan(requests: Requests): Promise<Plan> {
    return planWith(requests, healed);
  }

  async function planWith(requests: Requests, settled: Settled): Promise<Plan> {
    const parts = planParts();
    return makePlan(resolveRequests(requests, parts.now, source), { ...parts, settled });
  }

  function planParts(): Omit<PlanParts, "settled"> {
    const { settled: _, ...parts } = cutParts;
    return { ...parts, quarantine, cost, requestsPerMinute: requestsPerMinuteNow(), now: clock.now() };
  }

  async function enqueue(planned: Plan): Promise<number> {
    if (!Plan.is(planned)) {
      throw new OptionsError([{ path: "plan", expected: "what plan() returned, as it is", received: kindOf(planned) }]);
    }
    return enqueueSlices(planned.slices, healed);
  }

  async function enqueueSlices(slices: readonly Slice[], settled: Settled): Promise<number> {
    let fresh = 0;
    let left = slices;
    // Each time round somebody else was faster; whoever that was fetches what is not queued here in the end.
    for (let times = 0; left.length > 0 && times < ENQUEUE_TIMES; times++) {
      const some = left;
      const added = await settled(() => queue.enqueue(some, { apart: true }));
      fresh += added;
      if (added === some.length) break;
      const gaps = some.filter(({ again }) => again === undefined);
      left = gaps.length === 0 ? [] : await cutAnew(gaps, false, cost, { ...cutParts, settled });
    }
    context.emit({ type: "enqueued", slices: slices.length, fresh });
    return fresh;
  }

  async function run(requests: Requests, workOptions: WorkOptions = {}): Promise<Report> {
    checkWorkOptions(workOptions);
    const started = clock.now();
    const { signal } = workOptions;
    // The work itself hands back what is in hand, and is waited for. All else may be let go of where it is.
    const settled: Settled =
      signal === undefined ? healed : (call) => unlessAborted(signal, () => healed(call, signal));
    const planned = await planWith(requests, settled);
    await enqueueSlices(planned.slices, settled);
    const done = await work(context, workOptions);
    return reportOn(planned.wanted, done, started, settled);
  }

  async function reportOn(
    wanted: Wanted,
    done: WorkSummary | undefined,
    started: number,
    settled: Settled = healed,
  ): Promise<Report> {
    const silence = {
      ...{ store, settled, assets: options.assets, historyStart: source.limits.historyStart, now: clock.now() },
      onListFailing: (error: unknown) => context.emit({ type: "assets-failing", error: toRunError(error) }),
    };
    const gaps = await settled(() => gapsIn(store, wanted.askable));
    const quarantined = await settled(() => quarantine.list(source.provider));
    const silent = done === undefined ? [] : silentSeries(done.runs);
    const empty = await emptySeries(silent, wanted.askable, silence);
    const input = { ...wanted, gaps, quarantined, empty, elapsedMs: clock.now() - started };
    return buildReport(done === undefined ? input : { ...input, work: done });
  }

  function requestsPerMinuteNow(): number {
    return (
      limiter.requestsPerMinute ?? (requestsPerMinute === "learn" ? DEFAULT_REQUESTS_PER_MINUTE : requestsPerMinute)
    );
  }

  function wantedNow(requests: Requests): Wanted {
    const now = clock.now();
    return joined(resolveRequests(requests, now, source).map((request) => wantedOf(request, source, now)));
  }

  /** A connection that dies before the first request or after the last one must not cost the work in between. */
  function healed<T>(call: () => Promise<T>, signal = new AbortController().signal): Promise<T> {
    return untilHealed(context, { attempts: context.retry.pageAttempts, signal }, call);
  }

  function observedIn({ asked, inserted, revised, unchanged, pages, lastPages }: Readonly<Tally>) {
    const history = { start: source.limits.historyStart, end: Number.POSITIVE_INFINITY };
    let sessions = 0;
    for (const { symbols, interval } of asked) {
      // What lies before the history was expected to be empty, and teaches nothing.
      const expected = clip(interval, history);
      if (expected !== undefined) sessions += symbols.length * sessionIndex(calendar, expected).count(expected);
    }
    return { sessions, pages, lastPages, bars: inserted + revised + unchanged };
  }
}

/** As many requests as an allowance sends in half a second, the time that an answer usually takes. */
function concurrencyFor(requestsPerMinute: number | "learn"): number {
  return requestsPerMinute === "learn" ? 100 : Math.min(100, Math.max(4, Math.ceil(requestsPerMinute / 120)));
}

/** `quarantine` without the entries that are over. */
function inForce(quarantine: Quarantine, clock: Clock): Quarantine {
  return {
    add: (entry) => quarantine.add(entry),
    async list(provider) {
      const now = clock.now();
      return (await quarantine.list(provider)).filter(({ until = Number.POSITIVE_INFINITY }) => until > now);
    },
    lift: (provider, symbols) => quarantine.lift(provider, symbols),
  };
}
