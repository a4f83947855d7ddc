import type { Interval } from "../../../model/interval.ts";
import type { Arguments, Functions } from "../functions.ts";
import { isNumber, listOf } from "../shapes.ts";
import type { Arrays } from "./arrays.ts";

/** A span by series id. */
export interface IdSpan {
  readonly id: number;
  readonly interval: Interval;
}

/**
 * What `settle_coverage` takes.
 *
 * @param covered Not empty each, in any order.
 * @param spread One a series: the first and the last open time, both included.
 */
export function settleArgs(arrays: Arrays, covered: readonly IdSpan[], spread: readonly IdSpan[]): Arguments {
  const ids = (spans: readonly IdSpan[]) => arrays.ints(spans.map(({ id }) => id));
  const starts = (spans: readonly IdSpan[]) => arrays.times(spans.map(({ interval }) => interval.start));
  const ends = (spans: readonly IdSpan[]) => arrays.times(spans.map(({ interval }) => interval.end));
  return {
    p_covered_ids: ids(covered),
    p_starts: starts(covered),
    p_ends: ends(covered),
    p_bars_ids: ids(spread),
    p_firsts: starts(spread),
    p_lasts: ends(spread),
  };
}

const areIds = listOf(isNumber);

/** Locks and adds to coverage; the ids of the series whose bars are fresh. */
export async function settle(functions: Functions, args: Arguments): Promise<ReadonlySet<number>> {
  return new Set(await functions.value("settle_coverage", args, areIds));
}
