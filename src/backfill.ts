import { bottleneckLimiter } from "./adapters/bottleneck/index.ts";
import { memoryQuarantine } from "./adapters/memory/memory-quarantine.ts";
import type { Clock } from "./contracts/clock.ts";
import type { Quarantine } from "./contracts/quarantine.ts";
import type { RunCounts, RunFilter } from "./contracts/slice-queue.ts";
import { OptionsError } from "./errors.ts";
import { claimToken } from "./executor/claim-token.ts";
import type { ExecutorContext } from "./executor/context.ts";
import { emitTo } from "./executor/emit.ts";
import { watchForOutage } from "./executor/outage.ts";
import { DEFAULT_RETRY } from "./executor/retry.ts";
import { storePatience } from "./executor/store-patience.ts";
import { type Healed, untilHealed } from "./executor/until-healed.ts";
import { type WorkOptions, type WorkSummary, work } from "./executor/worker.ts";
import { defined } from "./model/defined.ts";
import type { JobDefinition } from "./model/job.ts";
import type { Report } from "./model/report.ts";
import { calendarFor } from "./model/session.ts";
import { kindOf } from "./model/shown.ts";
import type { Slice } from "./model/slice.ts";
import { DAY_MS } from "./model/units.ts";
import {
  type BackfillOptions,
  checkBackfillOptions,
  DEFAULT_LEASE_MS,
  DEFAULT_REQUESTS_PER_MINUTE,
} from "./options/backfill-options.ts";
import { type Requests, resolveRequests } from "./options/request.ts";
import { ownRuns } from "./options/run-filter.ts";
import { checkTickOptions, checkWorkOptions } from "./options/work-options.ts";
import { type CostModel, INITIAL_COST_MODEL, learn } from "./planners/cost-model.ts";
import { pageBudget } from "./planners/page-budget.ts";
import { widerGaps } from "./planners/wider-gaps.ts";
import { enqueueApart } from "./planning/enqueue-apart.ts";
import { joinSlices } from "./planning/join-slices.ts";
import { observedIn } from "./planning/observed.ts";
import { joined, makePlan, Plan, type PlanParts } from "./planning/plan.ts";
import { queueJobs, type TickOptions } from "./planning/queue-jobs.ts";
import { createReslicer } from "./planning/reslice.ts";
import { type Wanted, wantedOf } from "./planning/wanted.ts";
import { type GatherReportParts, gatherReport } from "./reporting/gather-report.ts";
import { systemClock } from "./system-clock.ts";
import { unlessAborted } from "./time-limit.ts";

/** A backfill. Its methods are the steps that `run` is made of. */
export interface Backfill {
  /**
   * Reads coverage and the queue, and cuts what is missing and not queued into slices. @throws {@link OptionsError},
   * {@link StoreError}
   */
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
   * `work` does the rest. A job that cannot be planned, such as a row of `job_definitions` that was written by hand,
   * costs itself alone: the observer hears `job-refused`, and the others are queued. Rejects with {@link StoreError};
   * what was planned before is queued then; and with {@link OptionsError} for options that are none.
   */
  tick(jobs: readonly JobDefinition[], options?: TickOptions): Promise<number>;
  /**
   * What the store holds and lacks of `requests` now, and what `done` did for it where that is passed. Asks nothing of
   * the source.
   * Of a plan, on what it wanted: without an `end`, bars that became final since are not missing from its work.
   */
  report(requests: Requests | Plan, done?: WorkSummary): Promise<Report>;
  /**
   * The runs of this source by label and state; those of others in the same queue are the queue's own `counts` to tell.
   */
  status(): Promise<readonly RunCounts[]>;
  /**
   * Cancels queued and running runs of this source; returns how many. `{}` means all of them. A filter that names
   * slices by id does not reach what they were cut anew into. Rejects with {@link OptionsError} for what is no filter,
   * a field that is there without a value included: it would mean every run.
   */
  cancel(filter: RunFilter): Promise<number>;
  /**
   * Puts failed runs of this source back into the queue; returns how many. Rejects with {@link OptionsError} as
   * `cancel`.
   */
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
  const retry = { ...DEFAULT_RETRY, ...options.retry };
  let cost: CostModel = INITIAL_COST_MODEL;
  let holds = 0;

  const limiter =
    options.limiter ??
    bottleneckLimiter({
      requestsPerMinute,
      clock,
      makeUp: source.limits.makeUp ?? 0,
      ...defined({ burst: options.burst }),
    });

  const context: ExecutorContext = {
    source,
    store,
    patience: storePatience(clock),
    queue,
    quarantine,
    refusedMeanwhile: new Set(),
    quarantineMs: quarantineDays * DAY_MS,
    clock,
    random,
    limiter,
    outage: watchForOutage(retry, random),
    retry,
    workerId: options.workerId ?? `worker-${Math.floor(random() * 2 ** 32).toString(36)}`,
    concurrency: options.concurrency ?? concurrencyFor(requestsPerMinute),
    leaseMs: options.leaseMs ?? DEFAULT_LEASE_MS,
    pollMs: options.pollMs ?? 1000,
    arrivals: options.arrivals,
    emit: emitTo(observer, clock),
    onFinished: ({ timeframe }, tally) => {
      const { limits } = source;
      cost = learn(cost, { timeframe, ...observedIn(tally, { limits, calendar }) }, limits);
    },
    widen: (gaps) => widerGaps(gaps, { limits: source.limits, calendar, cost }),
    betweenRuns: (signal) => reslice(cost, signal),
  };
  const cutParts = { source, store, queue, planner, calendar, healed };
  const hold = () => {
    const { workerId, leaseMs } = context;
    return { workerId, ttlMs: leaseMs, token: claimToken(`${workerId}/reslice ${++holds}`, random) };
  };
  const replaceParts = { ...cutParts, emit: context.emit, hold };
  const reslice = createReslicer(replaceParts);

  return {
    plan,
    enqueue,
    work: async (workOptions = {}) => {
      checkWorkOptions(workOptions);
      return work(context, workOptions);
    },
    run,
    tick: async (jobs, tickOptions = {}) => {
      checkTickOptions(tickOptions);
      return queueJobs(jobs, tickOptions, {
        ...planParts(),
        clock,
        emit: context.emit,
        healed,
        enqueue: (slices, signal) => enqueueWith(slices, (call) => healed(call, signal)),
        join: (slices, signal) => joinSlices(slices, cost, replaceParts, signal),
      });
    },
    report: async (requests, done) => {
      const wanted = Plan.is(requests) ? requests.wanted : wantedNow(requests);
      return gatherReport(wanted, { done, started: clock.now() }, reportParts());
    },
    status: () => queue.counts({ provider: source.provider }),
    cancel: async (filter) => queue.cancel(ownRuns(filter, source.provider)),
    retryFailed: async (filter = {}) => queue.requeue(ownRuns(filter, source.provider)),
    quarantine,
  };

  async function plan(requests: Requests): Promise<Plan> {
    return planWith(requests, healed);
  }

  async function planWith(requests: Requests, calls: Healed): Promise<Plan> {
    const parts = planParts();
    return makePlan(resolveRequests(requests, parts.now, source), { ...parts, healed: calls });
  }

  function planParts(): PlanParts {
    return { ...cutParts, quarantine, cost, requestsPerMinute: requestsPerMinuteNow(), now: clock.now() };
  }

  async function enqueue(planned: Plan): Promise<number> {
    if (!Plan.is(planned)) {
      throw new OptionsError([{ path: "plan", expected: "what plan() returned, as it is", received: kindOf(planned) }]);
    }
    return enqueueWith(planned.slices, healed);
  }

  async function enqueueWith(slices: readonly Slice[], calls: Healed): Promise<number> {
    const fresh = await enqueueApart(slices, cost, { ...cutParts, healed: calls });
    context.emit({ type: "enqueued", slices: slices.length, fresh });
    return fresh;
  }

  async function run(requests: Requests, workOptions: WorkOptions = {}): Promise<Report> {
    checkWorkOptions(workOptions);
    const started = clock.now();
    const { signal } = workOptions;
    // The work itself hands back what is in hand, and is waited for. All else may be let go of where it is.
    const calls: Healed = signal === undefined ? healed : (call) => unlessAborted(signal, (own) => healed(call, own));
    const planned = await planWith(requests, calls);
    await enqueueWith(planned.slices, calls);
    const done = await work(context, workOptions);
    return gatherReport(planned.wanted, { done, started }, { ...reportParts(), healed: calls });
  }

  function reportParts(): GatherReportParts {
    return { source, store, quarantine, assets: options.assets, clock, emit: context.emit, healed };
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
  function healed<T>(call: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    return untilHealed(context, { goesOn: (failures) => failures < context.retry.pageAttempts, signal }, call);
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
