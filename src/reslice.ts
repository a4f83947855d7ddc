import type { BarSource } from "./contracts/bar-source.ts";
import type { BarStore } from "./contracts/bar-store.ts";
import type { SliceQueue } from "./contracts/slice-queue.ts";
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
  /** Calls the store or the queue until it answers, or gives up. */
  readonly settled: <T>(call: () => Promise<T>) => Promise<T>;
  readonly emit: (event: EventBody) => void;
}

/**
 * Cuts queued slices anew when `cost` turns out to be more than half off what they were cut by; to be called between
 * runs. Does nothing until the model has moved so far since the last time, so it happens a few times in a backfill.
 *
 * Several workers may do so at once: a slice belongs to the one whose `cancel` took it out of the queue, and running ones
 * are left alone. A process that dies in between leaves a gap that no run fills; the next plan finds it, as it finds all.
 */
export function createReslicer(parts: ReslicerParts): (cost: CostModel) => Promise<void> {
  const { source, store, queue, planner, calendar, settled, emit } = parts;
  const { provider, limits } = source;
  let judgedBy: CostModel = INITIAL_COST_MODEL;
  /** Misjudged slices that were not looked at yet. */
  let todo: Slice[] = [];

  return async (cost) => {
    const moved = TIMEFRAMES.filter((timeframe) => hasMoved(timeframe, cost));
    if (moved.length > 0) {
      judgedBy = cost;
      const found = await Promise.all(moved.map((timeframe) => misjudged(timeframe, cost)));
      const ids = new Set(found.flat().map(({ id }) => id));
      todo = [...todo.filter(({ id }) => !ids.has(id)), ...found.flat()];
    }
    // The last first: they are the least likely to be leased meanwhile.
    const batch = todo.splice(-AT_A_TIME);
    if (batch.length > 0) await cutAnew(batch, cost);
  };

  function hasMoved(timeframe: Timeframe, cost: CostModel): boolean {
    if ((cost.observed[timeframe]?.sessions ?? 0) < LEAST_SESSIONS) return false;
    const unitsBy = (model: CostModel) => unitsPerSession(model, timeframe, limits).expected;
    return isFarOff(unitsBy(cost), unitsBy(judgedBy));
  }

  async function misjudged(timeframe: Timeframe, cost: CostModel): Promise<Slice[]> {
    const queued = await settled(() => queue.open({ provider, timeframe, states: ["queued"] }));
    return queued.filter((slice) => {
      const { symbols, interval, estimate, again } = slice;
      const index = sessionIndex(calendar, interval);
      const { pages } = sliceEstimate(slice, symbols.length, { limits, calendar, cost }, index);
      return again === undefined && isFarOff(pages, estimate.pages);
    });
  }

  async function cutAnew(batch: readonly Slice[], cost: CostModel): Promise<void> {
    const taken: Slice[] = [];
    for (const slice of batch) {
      const count = await settled(() => queue.cancel({ ids: [slice.id], states: ["queued"] }));
      if (count > 0) taken.push(slice);
    }
    if (taken.length === 0) return;
    const fresh: Slice[] = [];
    for (const group of groupBy(taken, ({ label, priority }) => `${priority}|${label ?? ""}`).values()) {
      const [{ label, priority }] = group;
      const open = await settled(() => queue.open({ provider }));
      const gaps = withoutPlanned(await settled(() => lackingOf(group)), open);
      const input = { gaps, limits, calendar, cost, priority };
      fresh.push(...planner(label === undefined ? input : { ...input, label }));
    }
    if (fresh.length > 0) await settled(() => queue.enqueue(fresh));
    emit({ type: "resliced", before: taken.length, after: fresh.length });
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
