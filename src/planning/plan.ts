import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { Quarantine, QuarantinedSymbol } from "../contracts/quarantine.ts";
import type { SliceQueue } from "../contracts/slice-queue.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import { defined } from "../model/defined.ts";
import type { EpochMs } from "../model/interval.ts";
import type { TradingCalendar } from "../model/session.ts";
import type { Slice } from "../model/slice.ts";
import type { Timeframe } from "../model/timeframe.ts";
import type { ResolvedRequest } from "../options/request.ts";
import type { CostModel } from "../planners/cost-model.ts";
import { type PlanEstimate, planEstimate } from "../planners/estimate.ts";
import type { PlanInput, Planner } from "../planners/planner.ts";
import { fewestPages } from "./fewest-pages.ts";
import { neighbours } from "./join-slices.ts";
import { notYetAsked, reaskSlices, trailingWindow } from "./reask.ts";
import { finalEnd, gapsIn, plannedSpans, type Wanted, wantedOf } from "./wanted.ts";

/**
 * What there is to do, decided; nothing has been asked of the source yet. Frozen; made by `plan` of a backfill alone.
 * What was put together by hand, or out of the parts of a plan, is none: it may be more than was wanted, or what is
 * held.
 */
export class Plan {
  // A class for this field: neither a literal nor a spread has it, for the compiler as when it runs.
  readonly #made = true;
  /** Everything that was asked for, as far as the time of planning allows. */
  readonly wanted: Wanted;
  /** What is to be fetched and is not in the queue yet, in order. Empty when nothing is. */
  readonly slices: readonly Slice[];
  /** Of `slices` alone: what is covered, queued or withheld costs nothing. */
  readonly estimate: PlanEstimate;
  /** Wanted symbols that are left out because the source refused them before. */
  readonly quarantined: readonly QuarantinedSymbol[];

  /** @internal */
  constructor({ wanted, slices, estimate, quarantined }: Pick<Plan, "wanted" | "slices" | "estimate" | "quarantined">) {
    this.wanted = wanted;
    this.slices = slices;
    this.estimate = estimate;
    this.quarantined = quarantined;
    Object.freeze(this);
  }

  /** @internal */
  static is(value: unknown): value is Plan {
    return typeof value === "object" && value !== null && #made in value && value.#made;
  }
}

export interface PlanParts {
  readonly source: BarSource;
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly quarantine: Quarantine;
  readonly planner: Planner;
  readonly calendar: TradingCalendar;
  /** What pages are believed to cost now. */
  readonly cost: CostModel;
  readonly requestsPerMinute: number;
  readonly now: EpochMs;
  readonly healed: Healed;
}

/** A plan under way: what is queued and what is refused is listed, and requests are cut one after another. */
export interface Planning {
  /** What the source refused before. */
  readonly refused: readonly QuarantinedSymbol[];
  /** Cuts what `request` lacks, less what is queued, refused, or cut before. */
  cut(request: ResolvedRequest): Promise<{ readonly wanted: Wanted; readonly slices: readonly Slice[] }>;
  /** Whether `slice`, one that was cut, goes on where a queued one ends, and might be joined with it. */
  goesOn(slice: Slice): boolean;
}

/**
 * Lists what the source refuses, and what is queued, timeframe by timeframe: each once for all requests of the plan.
 */
export async function startPlanning(parts: PlanParts): Promise<Planning> {
  const { source, store, queue, quarantine, planner, calendar, cost, healed, now } = parts;
  const refused = await healed(() => quarantine.list(source.provider));
  const refusedSymbols = new Set(refused.map(({ symbol }) => symbol));
  const openIds = new Set<string>();
  const planned = plannedSpans();
  const queued = neighbours();
  const listed = new Set<Timeframe>();
  return {
    refused,
    async cut(request) {
      await listOpen(request.timeframes);
      const wanted = wantedOf(request, source, now);
      const askable = wanted.askable.filter(({ series }) => !refusedSymbols.has(series.symbol));
      const { label, priority } = request;
      const input = { limits: source.limits, calendar, priority, ...defined({ label }) };
      const again = await asksAgain(request, askable, input, openIds, parts);
      const lacking = await healed(() => gapsIn(store, askable));
      planned.add(again);
      const cut = fewestPages(planner, { ...input, gaps: planned.without(lacking), cost }, planned);
      planned.add(cut);
      const slices = [...cut, ...again];
      for (const { id } of slices) openIds.add(id);
      return { wanted, slices };
    },
    goesOn: (slice) => queued.has(slice),
  };

  /** What is queued of other timeframes, however much that is, shares no bar with what is wanted. */
  async function listOpen(timeframes: readonly Timeframe[]): Promise<void> {
    const { provider } = source;
    for (const timeframe of timeframes.filter((one) => !listed.has(one))) {
      const open = await healed(() => queue.open({ provider, timeframe }));
      listed.add(timeframe);
      planned.add(open);
      queued.add(open);
      for (const { id } of open) openIds.add(id);
    }
  }
}

/**
 * Cuts what `requests` lack, less what is queued and what the source refuses, into slices; one request after another.
 */
export async function makePlan(requests: readonly ResolvedRequest[], parts: PlanParts): Promise<Plan> {
  const { source, calendar, cost } = parts;
  const { refused, cut } = await startPlanning(parts);
  const cuts: Awaited<ReturnType<typeof cut>>[] = [];
  for (const request of requests) cuts.push(await cut(request));
  // Not by push(...): 150,000 slices, as of 400 symbols day by day, are more arguments than a call takes.
  const slices = cuts.flatMap((one) => one.slices);
  const wanted = joined(cuts.map((one) => one.wanted));
  const wantedSymbols = new Set(wanted.series.map(({ symbol }) => symbol));
  return new Plan({
    wanted,
    slices: Object.freeze(slices),
    estimate: planEstimate(slices, { limits: source.limits, calendar, cost }, parts.requestsPerMinute),
    quarantined: Object.freeze(refused.filter(({ symbol }) => wantedSymbols.has(symbol))),
  });
}

/** What is wanted again of the trailing window, timeframe by timeframe, and was not asked for again yet. */
async function asksAgain(
  { reask, timeframes }: ResolvedRequest,
  askable: readonly CoveredSpan[],
  input: Omit<PlanInput, "gaps" | "cost">,
  openIds: ReadonlySet<string>,
  { source, queue, planner, calendar, healed, now }: PlanParts,
): Promise<Slice[]> {
  if (reask === undefined) return [];
  const again = timeframes.flatMap((timeframe) => {
    const spans = askable.filter(({ series }) => series.timeframe === timeframe);
    const window = trailingWindow(timeframe, finalEnd(timeframe, source, now), reask, calendar);
    return reaskSlices(planner, input, spans, window);
  });
  return notYetAsked(again, openIds, queue, healed);
}

/** What several requests want, as one. Frozen. */
export function joined(all: readonly Wanted[]): Wanted {
  return Object.freeze({
    series: all.flatMap(({ series }) => series),
    askable: all.flatMap(({ askable }) => askable),
    withheld: all.flatMap(({ withheld }) => withheld),
  });
}
