import type { SliceQueue } from "../contracts/slice-queue.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import { clip, type EpochMs, type Interval } from "../model/interval.ts";
import type { TradingCalendar } from "../model/session.ts";
import { makeSlice, type Slice } from "../model/slice.ts";
import { sum } from "../model/sum.ts";
import { longestMs, type Timeframe } from "../model/timeframe.ts";
import { DAY_MS, HOUR_MS } from "../model/units.ts";
import type { ReaskOptions } from "../options/request.ts";
import { INITIAL_COST_MODEL } from "../planners/cost-model.ts";
import type { PlanInput, Planner } from "../planners/planner.ts";

/** No market was ever closed for as long. */
const LONGEST_CLOSURE_MS = 14 * DAY_MS;

/**
 * The trailing window of one timeframe: the days before the end of the last period that is final as a whole, and as
 * much more as two bars take, and the last trading day: on a Monday, Friday's bars are the last ones. It stands still
 * for a period, so that all plans made in it ask for the same.
 */
export function trailingWindow(
  timeframe: Timeframe,
  finalEnd: EpochMs,
  reask: Required<ReaskOptions>,
  calendar: TradingCalendar,
): Interval {
  const everyMs = reask.everyHours * HOUR_MS;
  const end = Math.floor(finalEnd / everyMs) * everyMs;
  const lastDay = calendar.sessions({ start: end - LONGEST_CLOSURE_MS, end }).at(-1)?.midnight ?? end;
  return { start: Math.min(end - Math.max(reask.days * DAY_MS, 2 * longestMs(timeframe)), lastDay), end };
}

/**
 * Cuts the part of `askable`, all of one timeframe, that lies in `window` into slices that ask again. The cost model is
 * left out of it: what it learns would cut otherwise, and so ask twice in one period.
 *
 * So is what is queued: while no worker runs, each period adds its window to those that wait, though they overlap. To
 * cut less would give the same period other ids once the older ones are done, and ask twice; to drop the older ones
 * would leave out what lies before the newest. It costs what it would have cost in time: every window is asked once,
 * worked or waiting.
 */
export function reaskSlices(
  planner: Planner,
  input: Omit<PlanInput, "gaps" | "cost">,
  askable: readonly CoveredSpan[],
  window: Interval,
): Slice[] {
  const gaps = askable.flatMap(({ series, interval }) => {
    const again = clip(interval, window);
    return again === undefined ? [] : [{ series, intervals: [again] }];
  });
  const cut = planner({ ...input, gaps, cost: INITIAL_COST_MODEL });
  return cut.map(({ id: _, ...parts }) => makeSlice({ ...parts, again: window.end }));
}

/** `slices` less those of `openIds`, and those that were done: what is asked for again is asked once a period. */
export async function notYetAsked(
  slices: readonly Slice[],
  openIds: ReadonlySet<string>,
  queue: SliceQueue,
  healed: Healed,
): Promise<Slice[]> {
  const closed = slices.filter(({ id }) => !openIds.has(id));
  return closed.length === 0 ? [] : notDone(closed, await doneOf(closed));

  /**
   * Those of `some`, of which `done` are done, that are not. A queue counts, and names nobody: a part of which all or
   * none are done is decided, any other is halved. What ends between two counts is asked once more at worst.
   */
  async function notDone(some: readonly Slice[], done: number): Promise<Slice[]> {
    if (done <= 0) return [...some];
    if (done >= some.length) return [];
    const half = Math.ceil(some.length / 2);
    const [first, second] = [some.slice(0, half), some.slice(half)];
    const doneOfFirst = await doneOf(first);
    return [...(await notDone(first, doneOfFirst)), ...(await notDone(second, done - doneOfFirst))];
  }

  async function doneOf(some: readonly Slice[]): Promise<number> {
    const counts = await healed(() => queue.counts({ ids: some.map(({ id }) => id), states: ["success"] }));
    return sum(counts, ({ runs }) => runs);
  }
}
