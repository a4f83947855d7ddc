import type { SourceLimits } from "../contracts/bar-source.ts";
import type { Tally } from "../executor/tally.ts";
import { clip } from "../model/interval.ts";
import type { TradingCalendar } from "../model/session.ts";
import type { Observation } from "../planners/cost-model.ts";
import { sessionIndex } from "../planners/session-index.ts";

/** What an attempt at a slice teaches of what pages cost. */
export function observedIn(
  { asked, inserted, revised, unchanged, pages, lastPages }: Readonly<Tally>,
  { limits, calendar }: { readonly limits: SourceLimits; readonly calendar: TradingCalendar },
): Omit<Observation, "timeframe"> {
  const history = { start: limits.historyStart, end: Number.POSITIVE_INFINITY };
  let sessions = 0;
  for (const { symbols, interval } of asked) {
    // What lies before the history was expected to be empty, and teaches nothing.
    const expected = clip(interval, history);
    if (expected !== undefined) sessions += symbols.length * sessionIndex(calendar, expected).count(expected);
  }
  return { sessions, pages, lastPages, bars: inserted + revised + unchanged };
}
