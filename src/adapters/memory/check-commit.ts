import { OptionsError } from "../../errors.ts";
import type { SeriesBars } from "../../model/bar.ts";
import type { CoveredSpan } from "../../model/coverage.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";

/** Throws an {@link OptionsError} that names every time which is no whole millisecond since the epoch. */
export function checkCommit(bars: readonly SeriesBars[], covered: readonly CoveredSpan[]): void {
  const issues: OptionsIssue[] = [];
  const refuse = (path: string, received: number) =>
    issues.push({ path, expected: "whole milliseconds since the epoch", received: String(received) });

  for (const [i, entry] of bars.entries()) {
    for (let j = 0; j < entry.bars.length; j++) {
      const openTime = entry.bars[j]?.openTime ?? Number.NaN;
      if (!Number.isSafeInteger(openTime)) refuse(`bars[${i}].bars[${j}].openTime`, openTime);
    }
  }
  for (const [i, { interval }] of covered.entries()) {
    if (!Number.isSafeInteger(interval.start)) refuse(`covered[${i}].interval.start`, interval.start);
    if (!Number.isSafeInteger(interval.end)) refuse(`covered[${i}].interval.end`, interval.end);
  }
  if (issues.length > 0) throw new OptionsError(issues);
}
