import { mayHeal } from "../executor/until-healed.ts";
import { groupBy } from "../model/group-by.ts";
import type { Slice } from "../model/slice.ts";
import { sum } from "../model/sum.ts";
import { TIMEFRAMES, type Timeframe } from "../model/timeframe.ts";
import { type CostModel, INITIAL_COST_MODEL, unitsPerSession } from "../planners/cost-model.ts";
import { pagesIn, sliceEstimates } from "../planners/estimate.ts";
import { type CutAnewParts, cutAnew } from "./cut-anew.ts";
import { type ReplaceParts, replaceSlices } from "./replace-slices.ts";

/** Symbol-sessions that a timeframe must have taught about before anything is cut anew. */
const LEAST_SESSIONS = 200;
/** Slices that are held at once: what is cut out of them takes a moment, in which nobody else works them. */
const AT_A_TIME = 100;

export interface ReslicerParts extends CutAnewParts, ReplaceParts {}

/**
 * Cuts queued slices anew when `cost` turns out to be more than half off what they were cut by; to be called between
 * runs. Does nothing until the model has moved so far since the last time, so it happens a few times in a backfill, nor
 * where the planner would make more pages of them.
 *
 * Several workers may do so at once: a slice belongs to the one that leased it, and running ones are left alone, as
 * those are that wait for a retry. A stop, a store or a queue that fails for a while only put it off.
 */
export function createReslicer(parts: ReslicerParts): (cost: CostModel, signal: AbortSignal) => Promise<void> {
  const { source, queue, calendar, hold, healed, emit } = parts;
  const { provider, limits } = source;
  /** What is believed of the slices in the queue, timeframe by timeframe. */
  let judgedBy: CostModel = INITIAL_COST_MODEL;
  /** Misjudged slices that were not looked at yet. */
  let todo: Slice[] = [];

  let underWay: Promise<void> | undefined;

  // One at a time, where one backfill works twice at once.
  return (cost, signal) => {
    underWay ??= reslice(cost, signal).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  async function reslice(cost: CostModel, signal: AbortSignal): Promise<void> {
    let some: Slice[] = [];
    try {
      await look(cost);
      if (todo.length === 0 || signal.aborted) return;
      // The last first: they are the least likely to be leased meanwhile.
      some = todo.splice(-AT_A_TIME);
      const ids = some.map(({ id }) => id);
      const cut = async (slices: readonly Slice[]) => noDearer(slices, await cutAnew(slices, true, cost, parts), cost);
      const replaced = await replaceSlices(ids, cut, { queue, provider, hold: hold(), healed, signal });
      if (replaced.before > 0) emit({ type: "resliced", ...replaced });
      else if (signal.aborted) todo.push(...some);
    } catch (error) {
      if (!mayHeal(error)) throw error;
      todo.push(...some);
    }
  }

  /** Notes the slices to be cut anew, when the model has moved. */
  async function look(cost: CostModel): Promise<void> {
    const moved = TIMEFRAMES.filter((timeframe) => hasMoved(timeframe, cost));
    if (moved.length === 0) return;
    const found = (await Promise.all(moved.map((timeframe) => misjudged(timeframe, cost)))).flat();
    for (const timeframe of moved) {
      judgedBy = { observed: { ...judgedBy.observed, [timeframe]: cost.observed[timeframe] } };
    }
    const ids = new Set(found.map(({ id }) => id));
    todo = [...todo.filter(({ id }) => !ids.has(id)), ...found];
  }

  function hasMoved(timeframe: Timeframe, cost: CostModel): boolean {
    if ((cost.observed[timeframe]?.sessions ?? 0) < LEAST_SESSIONS) return false;
    const unitsBy = (model: CostModel) => unitsPerSession(model, timeframe, limits).expected;
    return isFarOff(unitsBy(cost), unitsBy(judgedBy));
  }

  async function misjudged(timeframe: Timeframe, cost: CostModel): Promise<Slice[]> {
    const queued = await healed(() => queue.open({ provider, timeframe, states: ["queued"] }));
    const pagesOf = pagesBy(cost, queued);
    return queued.filter((slice) => slice.again === undefined && isFarOff(pagesOf(slice), slice.estimate.pages));
  }

  /**
   * `fresh`, but `old` for timeframes in which it would take more pages: the queue may be filled by another planner
   * than ours, such as a page budget beside our fixed windows. Slices that turned out dear are cut for their number,
   * not for their pages: of a budget of one page each takes two at most, the last of them nearly empty.
   */
  function noDearer(old: readonly Slice[], fresh: readonly Slice[], cost: CostModel): Slice[] {
    const pagesOf = pagesBy(cost, [...old, ...fresh]);
    return [...groupBy(old, ({ timeframe }) => timeframe)].flatMap(([timeframe, before]) => {
      const after = fresh.filter((slice) => slice.timeframe === timeframe);
      const pages = sum(before, pagesOf);
      const isDear = pages > pagesIn(before);
      return sum(after, pagesOf) <= pages * (isDear ? 2 : 1) ? after : before;
    });
  }

  /** The pages that a slice of `slices` is expected to take, whoever cut it. */
  function pagesBy(cost: CostModel, slices: readonly Slice[]): (slice: Slice) => number {
    const estimate = sliceEstimates(slices, { limits, calendar, cost });
    return (slice) => estimate(slice).pages;
  }
}

/** More than half off, either way. */
function isFarOff(now: number, before: number): boolean {
  return now > 1.5 * before || now < 0.5 * before;
}
