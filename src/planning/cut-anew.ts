import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { SliceQueue } from "../contracts/slice-queue.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { Gap } from "../model/coverage.ts";
import { defined } from "../model/defined.ts";
import { groupBy } from "../model/group-by.ts";
import { hullOf } from "../model/hull.ts";
import { intersect, merge } from "../model/interval.ts";
import { seriesKey } from "../model/series.ts";
import type { TradingCalendar } from "../model/session.ts";
import { type Slice, spansOf } from "../model/slice.ts";
import type { CostModel } from "../planners/cost-model.ts";
import type { Planner } from "../planners/planner.ts";
import { fewestPages } from "./fewest-pages.ts";
import { gapsIn, plannedSpans } from "./wanted.ts";

export interface CutAnewParts {
  readonly source: BarSource;
  readonly store: BarStore;
  readonly queue: SliceQueue;
  readonly planner: Planner;
  readonly calendar: TradingCalendar;
  readonly healed: Healed;
}

/**
 * What is lacking of `slices`, in slices of the same labels and priorities, less what other slices of the queue will
 * fetch.
 *
 * Where `areQueued`, the slices are in the queue, and one of which another will fetch a part comes back as it is. That
 * other one may be what somebody, whose hold has run out, was cutting it into, and is about to withdraw.
 */
export async function cutAnew(
  slices: readonly Slice[],
  areQueued: boolean,
  cost: CostModel,
  { source, store, queue, planner, calendar, healed }: CutAnewParts,
): Promise<Slice[]> {
  const { provider, limits } = source;
  // The queue first: what is done between the two looks is covered by the second.
  const planned = await openLike(slices);
  const own = new Set(areQueued ? slices.map(({ id }) => id) : []);
  const others = plannedSpans();
  others.add(planned.filter(({ id }) => !own.has(id)));
  const shared = areQueued ? slices.filter((slice) => others.share(slice)) : [];
  others.add(shared);
  let fresh = shared;
  const alone = slices.filter((slice) => !shared.includes(slice));
  for (const group of groupBy(alone, ({ label, priority }) => `${priority}|${label ?? ""}`).values()) {
    const [{ label, priority }] = group;
    const gaps = others.without(await healed(() => lackingOf(group)));
    const input = { gaps, limits, calendar, cost, priority, ...defined({ label }) };
    // What is queued is not widened: its bars are those of its label, and leave the queue with it.
    const cut = areQueued ? planner(input) : fewestPages(planner, input, others);
    others.add(cut);
    fresh = fresh.concat(cut);
  }
  return fresh;

  /** What is open of the timeframes of `slices`: no other slice can hold the same bars. */
  async function openLike(slices: readonly Slice[]): Promise<Slice[]> {
    let open: Slice[] = [];
    for (const timeframe of new Set(slices.map((slice) => slice.timeframe))) {
      open = open.concat(await healed(() => queue.open({ provider, timeframe })));
    }
    return open;
  }

  /** What the store lacks of `slices`: one gap a series, so that neighbours in time can become one slice. */
  async function lackingOf(slices: readonly Slice[]): Promise<Gap[]> {
    const spans = slices.flatMap(spansOf);
    const wanted = [...groupBy(spans, ({ series }) => seriesKey(series)).values()].map((group) => ({
      series: group[0].series,
      intervals: merge(group.map(({ interval }) => interval)),
    }));
    const hulls = wanted.map(({ series, intervals }) => ({ series, interval: hullOf(intervals) }));
    const lacking = new Map((await gapsIn(store, hulls)).map((gap) => [seriesKey(gap.series), gap.intervals]));
    return wanted.flatMap(({ series, intervals }) => {
      const rest = intersect(intervals, lacking.get(seriesKey(series)) ?? []);
      return rest.length === 0 ? [] : [{ series, intervals: rest }];
    });
  }
}
