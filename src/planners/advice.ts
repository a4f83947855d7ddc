import { hullOf } from "../model/hull.ts";
import { type EpochMs, type Interval, merge } from "../model/interval.ts";
import { formatDay } from "../model/new-york.ts";
import type { Slice } from "../model/slice.ts";
import { sum } from "../model/sum.ts";
import { TIMEFRAMES, type Timeframe } from "../model/timeframe.ts";
import { DAY_MS } from "../model/units.ts";
import { barsPerSession, unitsPerSession } from "./cost-model.ts";
import { pagesIn } from "./estimate.ts";
import type { PlanInput } from "./planner.ts";
import { type SessionIndex, sessionIndexOf } from "./session-index.ts";

/**
 * What could be done better. `roll-up`: timeframes that cost as much as `1Min`, and can be made from it;
 * `before-history`: time for which the source has nothing; `wide-slices`: too few slices to use the rate.
 */
export interface Advice {
  /** For programs; stays the same while the words may change. */
  readonly code: "roll-up" | "before-history" | "wide-slices";
  /** One or two sentences for people. */
  readonly message: string;
  /** Expected requests less, 0 where it is about something else. */
  readonly savesRequests: number;
}

/** What advice depends on, beside the slices. */
export type AdviceInput = Pick<PlanInput, "limits" | "calendar" | "cost"> & {
  /** Above 0. */
  readonly requestsPerMinute: number;
};

/** A slice takes its pages one by one, and an answer takes about half a second. */
const REQUESTS_A_SLICE_PER_MINUTE = 120;

/** Advice on slices that a planner cut, the largest saving first; empty when there is none. Pure. */
export function advise(slices: readonly Slice[], input: AdviceInput): Advice[] {
  const all = [...rollUps(slices, input), ...beforeHistory(slices, input), ...wideSlices(slices, input)];
  return all.sort((a, b) => b.savesRequests - a.savesRequests);
}

/** Under this share of what it costs now, a saving is not worth other bars than those that were wanted. */
const WORTH_IT = 0.1;

function rollUps(slices: readonly Slice[], input: AdviceInput): Advice[] {
  const { limits, cost } = input;
  const fromMinutes = slices.filter(({ timeframe }) => timeframe === "1Min" || isCharged(timeframe));
  const index = sessionIndexOf(fromMinutes, input);
  const sums = { units: 0, minuteUnits: 0, bars: 0, minuteBars: 0 };
  const timeframes = new Set<Timeframe>();
  for (const wanted of bySymbol(fromMinutes)) {
    if (wanted.size < 2) continue;
    for (const [timeframe, intervals] of wanted) {
      timeframes.add(timeframe);
      const sessions = count(intervals, index);
      sums.units += sessions * unitsPerSession(cost, timeframe, limits).expected;
      sums.bars += sessions * barsPerSession(cost, timeframe, limits).expected;
    }
    const sessions = count([...wanted.values()].flat(), index);
    sums.minuteUnits += sessions * unitsPerSession(cost, "1Min", limits).expected;
    sums.minuteBars += sessions * barsPerSession(cost, "1Min", limits).expected;
  }
  const saved = Math.round((sums.units - sums.minuteUnits) / limits.pageSize);
  if (saved < 1 || saved < (WORTH_IT * sums.units) / limits.pageSize) return [];
  const names = TIMEFRAMES.filter((timeframe) => timeframes.has(timeframe) && timeframe !== "1Min");
  const requests = (units: number) => whole(Math.ceil(units / limits.pageSize));
  return [
    {
      code: "roll-up",
      message:
        `${listed(names)} ${names.length === 1 ? "costs" : "each cost"} as much as 1Min does: the service counts the minute bars that they are made of. ` +
        `If you fetch 1Min alone and make them from it yourself, that takes about ${requests(sums.minuteUnits)} requests ` +
        `in place of ${requests(sums.units)}, and stores ${whole(sums.minuteBars)} bars in place of ${whole(sums.bars)}.`,
      savesRequests: saved,
    },
  ];

  function isCharged(timeframe: Timeframe): boolean {
    return limits.chargedInMinutes.includes(timeframe);
  }
}

function beforeHistory(slices: readonly Slice[], { limits, calendar }: AdviceInput): Advice[] {
  const before = slices.filter(({ interval }) => interval.start < limits.historyStart);
  const { start } = hullOf(before.map(({ interval }) => interval));
  // A holiday or a weekend before the first day is no time lost.
  if (before.length === 0 || calendar.sessions({ start, end: limits.historyStart }).length < 5) return [];
  return [
    {
      code: "before-history",
      message:
        `${dayOf(start)} is before ${dayOf(limits.historyStart)}, where this source begins to have bars. ` +
        "Asking for the time before costs little and brings nothing: it is covered, and empty.",
      savesRequests: 0,
    },
  ];
}

function wideSlices(slices: readonly Slice[], { requestsPerMinute }: AdviceInput): Advice[] {
  const longest = slices.reduce((most, { estimate }) => Math.max(most, estimate.pages), 0);
  const atTheRate = pagesIn(slices) / requestsPerMinute;
  const alone = longest / REQUESTS_A_SLICE_PER_MINUTE;
  const feeding = requestsPerMinute / REQUESTS_A_SLICE_PER_MINUTE;
  if (slices.length >= feeding || alone <= 2 * atTheRate || longest < 16) return [];
  return [
    {
      code: "wide-slices",
      message:
        `${whole(slices.length)} slices are too few to use ${whole(requestsPerMinute)} requests a minute: the pages of ` +
        "one come one after the other. Fewer pages a slice (8, say) make more of them, for a few requests more.",
      savesRequests: 0,
    },
  ];
}

/** For each symbol (of one feed and adjustment): what is wanted by timeframe. */
function bySymbol(slices: readonly Slice[]): Iterable<Map<Timeframe, Interval[]>> {
  const symbols = new Map<string, Map<Timeframe, Interval[]>>();
  for (const { provider, feed, adjustment, timeframe, interval, symbols: names } of slices) {
    for (const name of names) {
      const key = [provider, feed, adjustment, name].join("|");
      let wanted = symbols.get(key);
      if (wanted === undefined) symbols.set(key, (wanted = new Map()));
      const intervals = wanted.get(timeframe);
      if (intervals === undefined) wanted.set(timeframe, [interval]);
      else intervals.push(interval);
    }
  }
  return symbols.values();
}

function count(intervals: readonly Interval[], index: SessionIndex): number {
  return sum(merge(intervals), (interval) => index.count(interval));
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** `15Min, 1Hour and 4Hour`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

function dayOf(instant: EpochMs): string {
  return formatDay(Math.floor(instant / DAY_MS));
}
