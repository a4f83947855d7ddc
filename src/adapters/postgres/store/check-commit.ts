import { OptionsError } from "../../../errors.ts";
import type { SeriesBars } from "../../../model/bar.ts";
import type { CoveredSpan } from "../../../model/coverage.ts";
import { contains, type EpochMs } from "../../../model/interval.ts";
import type { OptionsIssue } from "../../../model/options-issue.ts";
import { TIMES } from "./times.ts";

/** PostgreSQL: `int`. */
const MOST_TRADES = 2 ** 31 - 1;

/** Throws an {@link OptionsError} that names every time and trade count that has no place in a column. */
export function checkCommit(bars: readonly SeriesBars[], covered: readonly CoveredSpan[]): void {
  const issues: OptionsIssue[] = [];
  const checkTime = (path: () => string, time: EpochMs) => {
    if (Number.isSafeInteger(time) && contains(TIMES, time)) return;
    const expected = "whole milliseconds since the epoch, from the year 1 to 9998";
    issues.push({ path: path(), expected, received: String(time) });
  };

  for (const [i, entry] of bars.entries()) {
    for (const [j, { openTime, tradeCount }] of entry.bars.entries()) {
      checkTime(() => `bars[${i}].bars[${j}].openTime`, openTime);
      if (tradeCount === undefined || (Number.isInteger(tradeCount) && Math.abs(tradeCount) <= MOST_TRADES)) continue;
      const expected = `a whole number up to ${MOST_TRADES}`;
      issues.push({ path: `bars[${i}].bars[${j}].tradeCount`, expected, received: String(tradeCount) });
    }
  }
  for (const [i, { interval }] of covered.entries()) {
    checkTime(() => `covered[${i}].interval.start`, interval.start);
    checkTime(() => `covered[${i}].interval.end`, interval.end);
  }
  if (issues.length > 0) throw new OptionsError(issues);
}
