import type { BarSource } from "./contracts/bar-source.ts";
import type { BarStore } from "./contracts/bar-store.ts";
import type { SliceQueue } from "./contracts/slice-queue.ts";
import { isBarfillError } from "./errors.ts";
import type { EventBody } from "./executor/context.ts";
import type { Gap } from "./model/coverage.ts";
import { groupBy } from "./model/group-by.ts";
import { intersect, merge } from "./model/interval.ts";
import { seriesKey } from "./model/series.ts";
import type { TradingCalendar } from "./model/session.ts";
import { type Slice, seriesOf } from "./model/slice.ts";
import { TIMEFRAMES, type Timeframe } from "./model/timeframe.ts";
import { type CostModel, INITIAL_COST_MODEL, unitsPerSession } from "./planners/cost-model.ts";
import { sliceEstimate } from "./planners/estimate.ts";
import { spanOf } from "./planners/page-budget.ts";
import type { Planner } from "./planners/planner.ts";
import { sessionIndex } from "./planners/session-index.ts";
import { gapsIn, withoutPlanned } from "./wanted.ts";

/** Symbol-sessions that a timeframe must have taught about before anything is cut anew. */
const LEAST_SESSIONS = 200;
/** Slices that are taken back between two runs; each is one call of the queue. */
const AT_A_TIME = 100;

export interface ReslicerParts {
  readonly source: BarSource;
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly planner: Planner;
  readonly calendar: TradingCalendar;
  /** Calls the store or the queue again where that may help, a few times. */
  readonly settled: <T>(call: () => Promise<T>) => Promise<T>;
  readonly emit: (event: EventBody) => void;
}

/**
 * Cuts queued slices anew when `cost` turns out to be more than half off what they were cut by; to be called between
 * runs. Does nothing until the model has moved so far since the last time, so it happens a few times in a backfill.
 *
 * Several workers may do so at once: a slice belongs to the one whose `cancel` took it out of the queue, and running ones
 * are left alone. A process that dies in between leaves a gap that no run fills; the next plan finds it, as it finds all.
 * A store or a queue that fails for a while only puts it off: then it resolves to false, and wants to be called again.
 */
export function createReslicer(parts: ReslicerParts): (cost: CostModel) => Promise<boolean> {
  const { source, store, queue, planner, calendar, settled, emit } = parts;
  const { provider, limits } = source;
  /** What is believed of the slices in the queue, timeframe by timeframe. */
  let judgedBy: CostModel = INITIAL_COST_MODEL;
  /** Misjudged slices that were not looked at yet. */
  let todo: Slice[] = [];
  /** Slices of which nobody knows whether they were taken back: the queue did not answer. */
  const doubtful = new Set<Slice>();
  /** Slices that were taken back, and what was cut of them, that are not in the queue again yet. */
  const taken = new Set<Slice>();
  const fresh: Slice[] = [];

  let underWay: Promise<boolean> | undefined;

  // One at a time, where one backfill works twice at once.
  return (cost) => {
    underWay ??= reslice(cost).finally(() => {
      underWay = undefined;
    });
    return underWay;
  };

  async function reslice(cost: CostModel): Promise<boolean> {
    try {
      for (const slice of doubtful) {
        if (await wasTaken(slice)) taken.add(slice);
        doubtful.delete(slice);
      }
      await look(cost);
      // The last first: they are the least likely to be leased meanwhile.
      for (const slice of todo.splice(-AT_A_TIME)) {
        doubtful.add(slice);
        if (await take(slice)) taken.add(slice);
        doubtful.delete(slice);
      }
      if (taken.size + fresh.length > 0) await cutAnew(cost);
    } catch (error) {
      if (!isBarfillError(error, "STORE_FAILED") || error.disposition !== "retry") throw error;
    }
    return doubtful.size + taken.size + fresh.length === 0;
  }

  /** Notes the slices to be cut anew, when the model has moved. */
  async function look(cost: CostModel): Promise<void> {
    const moved = TIMEFRAMES.filter((timeframe) => hasMoved(timeframe, cost));
    if (moved.length === 0) return;
    for (const timeframe of moved) {
      judgedBy = { observed: { ...judgedBy.observed, [timeframe]: cost.observed[timeframe] } };
    }
    const found = (await Promise.all(moved.map((timeframe) => misjudged(timeframe, cost)))).flat();
    const ids = new Set(found.map(({ id }) => id));
    todo = [...todo.filter(({ id }) => !ids.has(id)), ...found];
  }

  function hasMoved(timeframe: Timeframe, cost: CostModel): boolean {
    if ((cost.observed[timeframe]?.sessions ?? 0) < LEAST_SESSIONS) return false;
    const unitsBy = (model: CostModel) => unitsPerSession(model, timeframe, limits).expected;
    return isFarOff(unitsBy(cost), unitsBy(judgedBy));
  }

  async function misjudged(timeframe: Timeframe, cost: CostModel): Promise<Slice[]> {
    const queued = await settled(() => queue.open({ provider, timeframe, states: ["queued"] }));
    const index = sessionIndex(calendar, spanOf(queued, limits.historyStart));
    return queued.filter((slice) => {
      const { symbols, estimate, again } = slice;
      const { pages } = sliceEstimate(slice, symbols.length, { limits, calendar, cost }, index);
      return again === undefined && isFarOff(pages, estimate.pages);
    });
  }

  /** Takes `slice` out of the queue: true when it was this call that did. */
  async function take(slice: Slice): Promise<boolean> {
    let unsure = false;
    const count = await settled(async () => {
      try {
        return await queue.cancel({ ids: [slice.id], states: ["queued"] });
      } catch (error) {
        unsure = true;
        throw error;
      }
    });
    // The answer may have been lost, and not the call.
    return count > 0 || (unsure && (await wasTaken(slice)));
  }

  async function wasTaken({ id }: Slice): Promise<boolean> {
    return (await settled(() => queue.counts({ ids: [id], states: ["cancelled"] }))).length > 0;
  }

  async function cutAnew(cost: CostModel): Promise<void> {
    const before = taken.size;
    for (const group of groupBy(taken, ({ label, priority }) => `${priority}|${label ?? ""}`).values()) {
      const [{ label, priority }] = group;
      const open = await settled(() => queue.open({ provider }));
      const gaps = withoutPlanned(await settled(() => lackingOf(group)), open);
      const input = { gaps, limits, calendar, cost, priority };
      fresh.push(...planner(label === undefined ? input : { ...input, label }));
      for (const slice of group) taken.delete(slice);
    }
    const after = fresh.length;
    if (after > 0) await settled(() => queue.enqueue(fresh));
    fresh.length = 0;
    emit({ type: "resliced", before, after });
  }

  /** What the store lacks of `slices`: one gap a series, so that neighbours in time can become one slice. */
  async function lackingOf(slices: readonly Slice[]): Promise<Gap[]> {
    const spans = slices.flatMap((slice) => seriesOf(slice).map((series) => ({ series, interval: slice.interval })));
    const wanted = [...groupBy(spans, ({ series }) => seriesKey(series)).values()].map((group) => ({
      series: group[0].series,
      intervals: merge(group.map(({ interval }) => interval)),
    }));
    const hulls = wanted.map(({ series, intervals }) => ({
      series,
      interval: {
        start: Math.min(...intervals.map(({ start }) => start)),
        end: Math.max(...intervals.map(({ end }) => end)),
      },
    }));
    const lacking = new Map((await gapsIn(store, hulls)).map((gap) => [seriesKey(gap.series), gap.intervals]));
    return wanted.flatMap(({ series, intervals }) => {
      const rest = intersect(intervals, lacking.get(seriesKey(series)) ?? []);
      return rest.length === 0 ? [] : [{ series, intervals: rest }];
    });
  }
}

/** More than half off, either way. */
function isFarOff(now: number, before: number): boolean {
  return now > 1.5 * before || now < 0.5 * before;
}
