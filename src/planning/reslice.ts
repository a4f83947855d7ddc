import { isBarfillError } from "../errors.ts";
import type { EventBody } from "../executor/context.ts";
import type { Slice } from "../model/slice.ts";
import { TIMEFRAMES, type Timeframe } from "../model/timeframe.ts";
import { type CostModel, INITIAL_COST_MODEL, unitsPerSession } from "../planners/cost-model.ts";
import { sliceEstimate } from "../planners/estimate.ts";
import { spanOf } from "../planners/page-budget.ts";
import { sessionIndex } from "../planners/session-index.ts";
import { type CutAnewParts, cutAnew } from "./cut-anew.ts";
import { type Hold, replaceSlices } from "./replace-slices.ts";

/** Symbol-sessions that a timeframe must have taught about before anything is cut anew. */
const LEAST_SESSIONS = 200;
/** Slices that are held at once: what is cut out of them takes a moment, in which nobody else works them. */
const AT_A_TIME = 100;

export interface ReslicerParts extends CutAnewParts {
  /** A hold with a token that no claim had before. */
  readonly hold: () => Hold;
  readonly emit: (event: EventBody) => void;
}

/**
 * Cuts queued slices anew when `cost` turns out to be more than half off what they were cut by; to be called between
 * runs. Does nothing until the model has moved so far since the last time, so it happens a few times in a backfill.
 *
 * Several workers may do so at once: a slice belongs to the one that leased it, and running ones are left alone, as those
 * are that wait for a retry. A stop, a store or a queue that fails for a while only put it off.
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
      const cut = (slices: readonly Slice[]) => cutAnew(slices, true, cost, parts);
      const replaced = await replaceSlices(ids, cut, { queue, provider, hold: hold(), healed, signal });
      if (replaced.before > 0) emit({ type: "resliced", ...replaced });
      else if (signal.aborted) todo.push(...some);
    } catch (error) {
      if (!isBarfillError(error, "STORE_FAILED") || error.disposition !== "retry") throw error;
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
    const index = sessionIndex(calendar, spanOf(queued, limits.historyStart));
    return queued.filter((slice) => {
      const { symbols, estimate, again } = slice;
      const { pages } = sliceEstimate(slice, symbols.length, { limits, calendar, cost }, index);
      return again === undefined && isFarOff(pages, estimate.pages);
    });
  }
}

/** More than half off, either way. */
function isFarOff(now: number, before: number): boolean {
  return now > 1.5 * before || now < 0.5 * before;
}
