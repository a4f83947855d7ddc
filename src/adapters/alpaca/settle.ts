import type { PageRequest } from "../../contracts/bar-source.ts";
import { SourceUnavailableError } from "../../errors.ts";
import type { SeriesBars } from "../../model/bar.ts";
import type { CoveredSpan } from "../../model/coverage.ts";
import { contains, type EpochMs, type Interval } from "../../model/interval.ts";
import type { Series } from "../../model/series.ts";
import { earliestNextOpen } from "../../model/timeframe.ts";

/** Where a walk over the pages stands: what is settled of each symbol that has appeared. */
export interface WalkState {
  /** Symbols of which more may come, each settled up to an instant (exclusive). */
  readonly open: Readonly<Record<string, EpochMs>>;
  /** Symbols that are whole. */
  readonly whole: readonly string[];
}

export const WALK_START: WalkState = { open: {}, whole: [] };

/**
 * What a page settles, and where the walk stands after it.
 *
 * Bars come sorted by symbol, then by time, but nobody documents the collation of the symbols. All that is relied on
 * is that one symbol's bars are contiguous and ascending: so every symbol of a page is settled to its last bar, all of
 * its symbols but the one in progress are whole, and a symbol that has not appeared is settled by nothing but the last
 * page. In progress is the last of the body or the one that the token names: both count as unfinished until the next
 * page tells, and where the token cannot be read, every symbol of the page does.
 */
export function settle(
  request: PageRequest,
  seriesFor: (symbol: string) => Series,
  bars: readonly SeriesBars[],
  token: string | undefined,
  before: WalkState,
): { readonly covered: readonly CoveredSpan[]; readonly after: WalkState } {
  const { interval, symbols } = request;
  const covered: CoveredSpan[] = [];
  const open: Record<string, EpochMs> = { ...before.open };
  const whole = new Set(before.whole);
  const settleTo = (symbol: string, end: EpochMs) => {
    const start = open[symbol] ?? interval.start;
    if (start < end) covered.push({ series: seriesFor(symbol), interval: { start, end } });
  };
  const finish = (symbol: string) => {
    settleTo(symbol, interval.end);
    delete open[symbol];
    whole.add(symbol);
  };

  const present = bars.filter((part) => part.bars.length > 0);
  assertSequence(present, before);
  if (token === undefined) {
    for (const symbol of symbols) if (!whole.has(symbol)) finish(symbol);
    return { covered, after: { open, whole: [...whole] } };
  }

  const appeared = new Set(present.map(({ series }) => series.symbol));
  const last = present.at(-1)?.series.symbol;
  const named = symbolIn(token);
  const isReadable = named !== undefined && appeared.has(named);
  for (const part of present) {
    const { symbol } = part.series;
    if (isReadable && symbol !== last && symbol !== named) {
      finish(symbol);
    } else {
      const end = Math.min(interval.end, settledEnd(part, request, open[symbol] ?? interval.start));
      settleTo(symbol, end);
      open[symbol] = end;
    }
  }
  // Bars of others have come and none of these: they had no more. An empty page tells nothing.
  if (appeared.size > 0) {
    for (const symbol of Object.keys(before.open)) if (!appeared.has(symbol)) finish(symbol);
  }
  return { covered, after: { open, whole: [...whole] } };
}

/** A page that goes back, or opens a finished symbol again, is not the page that follows. */
function assertSequence(present: readonly SeriesBars[], before: WalkState): void {
  const whole = new Set(before.whole);
  for (const { series, bars } of present) {
    const settled = before.open[series.symbol];
    const first = bars[0]?.openTime ?? Number.NaN;
    if (whole.has(series.symbol) || (settled !== undefined && first < settled)) {
      throw new SourceUnavailableError(`the pages are out of sequence at ${series.symbol}`);
    }
  }
}

/** Up to where a series of this page is settled. Bars that cannot be are left to the executor, which keeps them out. */
function settledEnd({ bars }: SeriesBars, { interval, timeframe }: PageRequest, from: EpochMs): EpochMs {
  for (let i = bars.length - 1; i >= 0; i--) {
    const openTime = bars[i]?.openTime ?? Number.NaN;
    if (isPlausible(openTime, interval)) return Math.max(from, earliestNextOpen(timeframe, openTime));
  }
  return from;
}

function isPlausible(openTime: EpochMs, interval: Interval): boolean {
  return Number.isFinite(openTime) && contains(interval, openTime);
}

/** The symbol that a page token names, as far as tokens were observed; `undefined` where it cannot be read. */
function symbolIn(token: string): string | undefined {
  try {
    return /^([^|]+)\|/.exec(atob(token))?.[1];
  } catch {
    return undefined;
  }
}
