import type { SourceLimits } from "../contracts/bar-source.ts";
import { hullOf } from "../model/hull.ts";
import { clip, type EpochMs, type Interval, isEmpty } from "../model/interval.ts";
import type { Session, TradingCalendar } from "../model/session.ts";

/** Counts sessions in any part of one span, in the time of two binary searches. */
export interface SessionIndex {
  /** Sessions in `interval`, a half-traded one as its share; 0 when there is none. */
  count(interval: Interval): number;
  /**
   * Cuts `interval` at session midnights into `pieces` whose session counts differ by little more than one: fewer
   * pieces where there are fewer sessions, never none. They tile `interval` exactly, ascending.
   */
  cut(interval: Interval, pieces: number): Interval[];
}

/** The sessions from the first to the last instant of `blocks`, as far as the source has history. */
export function sessionIndexOf(
  blocks: readonly { readonly interval: Interval }[],
  { calendar, limits }: { readonly calendar: TradingCalendar; readonly limits: Pick<SourceLimits, "historyStart"> },
): SessionIndex {
  const { start, end } = hullOf(blocks.map(({ interval }) => interval));
  return sessionIndex(calendar, { start: Math.max(start, limits.historyStart), end });
}

/** The sessions of `calendar` that share an instant with `within`; earlier and later ones count nothing. */
export function sessionIndex(calendar: TradingCalendar, within: Interval): SessionIndex {
  const sessions = isEmpty(within) ? [] : calendar.sessions(within);
  const midnights = sessions.map((session) => session.midnight);

  /** Sessions before `instant`, the one under way as its elapsed share. */
  const before = (instant: EpochMs): number => {
    const next = upperBound(midnights, instant);
    const session = sessions[next - 1];
    return session === undefined ? 0 : next - 1 + elapsedShare(session, instant);
  };

  const count = (interval: Interval): number => {
    const known = clip(interval, within);
    return known === undefined ? 0 : before(known.end) - before(known.start);
  };

  return {
    count,
    cut(interval, pieces) {
      const from = before(Math.max(interval.start, within.start));
      const inside = count(interval);
      const most = Math.min(pieces, Math.ceil(inside));
      const cuts: Interval[] = [];
      let start = interval.start;
      for (let piece = 1; piece < most; piece++) {
        const end = midnights[Math.round(from + (inside * piece) / most)];
        if (end === undefined || end <= start || end >= interval.end) continue;
        cuts.push({ start, end });
        start = end;
      }
      cuts.push({ start, end: interval.end });
      return cuts;
    },
  };
}

function elapsedShare({ midnight, extendedOpen, extendedClose }: Session, instant: EpochMs): number {
  if (instant <= midnight) return 0;
  // The day's own bar opens at midnight, so the day has begun by a trifle before its first trade.
  const elapsed = (instant - extendedOpen) / (extendedClose - extendedOpen);
  return Math.min(1, Math.max(Number.EPSILON, elapsed));
}

/** How many of the ascending `values` are at or below `limit`. */
function upperBound(values: readonly number[], limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] as number) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
