import { hullOf } from "../model/hull.ts";
import type { Interval } from "../model/interval.ts";
import type { Slice } from "../model/slice.ts";
import { sum } from "../model/sum.ts";
import type { Timeframe } from "../model/timeframe.ts";
import { barsPerSession, type Certainty, certaintyOf, type Estimate, unitsPerSession } from "./cost-model.ts";
import type { PlanInput } from "./planner.ts";
import { type SessionIndex, sessionIndex, sessionIndexOf } from "./session-index.ts";

/** What a plan will cost, as far as the cost model knows. */
export interface PlanEstimate {
  /** That the pages will bring. */
  readonly bars: Estimate;
  /** One request a page. */
  readonly requests: Estimate;
  /** At the rate that was asked for, however many slices run at a time. */
  readonly minutes: Estimate;
  /** The least sure of the plan's timeframes. */
  readonly certainty: Certainty;
}

type CostInput = Pick<PlanInput, "limits" | "calendar" | "cost">;

/** Expected bars and pages of `symbols` symbols over one interval. */
export function sliceEstimate(
  { timeframe, interval }: { readonly timeframe: Timeframe; readonly interval: Interval },
  symbols: number,
  { limits, cost }: CostInput,
  index: SessionIndex,
): Slice["estimate"] {
  const sessions = index.count(interval) * symbols;
  return {
    bars: Math.round(barsPerSession(cost, timeframe, limits).expected * sessions),
    pages: pagesFor(unitsPerSession(cost, timeframe, limits).expected * sessions, limits.pageSize),
  };
}

/** What slices within the time of `within` are expected to take, whoever cut them and by whatever they were cut. */
export function sliceEstimates(
  within: readonly { readonly interval: Interval }[],
  input: CostInput,
): (slice: Pick<Slice, "timeframe" | "interval" | "symbols">) => Slice["estimate"] {
  const index = sessionIndexOf(within, input);
  return (slice) => sliceEstimate(slice, slice.symbols.length, input, index);
}

/** The pages that `slices` were expected to take when they were cut. */
export function pagesIn(slices: readonly Slice[]): number {
  return sum(slices, ({ estimate }) => estimate.pages);
}

/** The estimate of a whole plan at `requestsPerMinute`. No slices cost nothing. */
export function planEstimate(slices: readonly Slice[], input: CostInput, requestsPerMinute: number): PlanEstimate {
  const { limits, cost } = input;
  const bars = { expected: 0, worst: 0 };
  const requests = { expected: 0, worst: 0 };
  let certainty: Certainty = "calendar";
  const index = sessionIndex(input.calendar, hullOf(slices.map(({ interval }) => interval)));
  for (const { symbols, timeframe, interval, estimate } of slices) {
    // The worst case does not believe in the start of the history either.
    const sessions = index.count(interval) * symbols.length;
    bars.expected += estimate.bars;
    bars.worst += Math.ceil(barsPerSession(cost, timeframe, limits).worst * sessions);
    requests.expected += estimate.pages;
    requests.worst += pagesFor(unitsPerSession(cost, timeframe, limits).worst * sessions, limits.pageSize) + 1;
    certainty = lessSure(certainty, certaintyOf(cost, timeframe));
  }
  const minutes = {
    expected: requests.expected / requestsPerMinute,
    worst: requests.worst / requestsPerMinute,
  };
  return { bars, requests, minutes, certainty };
}

/** Even an empty answer is one request. */
function pagesFor(units: number, pageSize: number): number {
  return Math.max(1, Math.ceil(units / pageSize));
}

const SURENESS: readonly Certainty[] = ["calendar", "learned", "assumed"];

function lessSure(a: Certainty, b: Certainty): Certainty {
  return SURENESS.indexOf(a) > SURENESS.indexOf(b) ? a : b;
}
