import type { BarPage, PageRequest } from "../contracts/bar-source.ts";
import { SourceDataError } from "../errors.ts";
import type { BadBar, Bar, SeriesBars } from "../model/bar.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import {
  clip,
  contains,
  type EpochMs,
  formatInterval,
  type Interval,
  isEmpty,
  merge,
  subtract,
} from "../model/interval.ts";
import type { Series } from "../model/series.ts";
import { earliestNextOpen } from "../model/timeframe.ts";

/** A column of Postgres holds no more, and no bar of any market comes near. */
const MOST_TRADES = 2 ** 31 - 1;

/** A page without the bars that cannot be, and without the coverage that rested on them. */
export interface SiftedPage {
  readonly bars: readonly SeriesBars[];
  readonly covered: readonly CoveredSpan[];
  readonly bad: readonly BadBar[];
}

/** Takes the pages of one walk, in order. */
export type Sifter = (page: BarPage) => SiftedPage;

/**
 * Keeps bad bars out: outside the interval, not finite, high below low, out of order, repeated, or with a time or a
 * trade count that no store can hold: one such bar would have the whole commit refused. A span that a bad bar leaves
 * open stays uncovered for the rest of the walk, whatever later pages claim. What is covered begins and ends at whole
 * ms.
 *
 * The sifter throws {@link SourceDataError}, and nothing of the page counts, when the page holds a series that was
 * not asked for: nobody can tell what the answer answers then.
 */
export function createSifter(provider: string, request: PageRequest): Sifter {
  const asked = new Set(request.symbols);
  /** By symbol: no good bar may open before this. */
  const nextOpens = new Map<string, EpochMs>();
  /** Merged: where every bar of a year is bad, the year is one. */
  const holes = new Map<string, Interval[]>();

  return (page) => {
    const bad: BadBar[] = [];
    const bars = page.bars.map((part) => {
      assertAsked(part.series);
      const { symbol } = part.series;
      const walk = siftSeries(part, request, nextOpens.get(symbol) ?? request.interval.start);
      nextOpens.set(symbol, walk.nextOpen);
      if (walk.bad.length === 0) return part;
      bad.push(...walk.bad);
      holes.set(symbol, merge([...(holes.get(symbol) ?? []), ...walk.holes]));
      return { series: part.series, bars: walk.good };
    });
    return { bars, covered: page.covered.flatMap(provenOf), bad };
  };

  /** What of a claim is left: within the question, less the holes. */
  function provenOf({ series, interval }: CoveredSpan): CoveredSpan[] {
    assertAsked(series);
    const claim = clip(wholeMs(interval), request.interval);
    const found = holes.get(series.symbol);
    if (claim === undefined) return [];
    if (found === undefined) return [{ series, interval: claim }];
    return subtract([claim], found).flatMap((rest) => {
      const whole = wholeMs(rest);
      return isEmpty(whole) ? [] : [{ series, interval: whole }];
    });
  }

  function assertAsked(series: Series): void {
    const { timeframe, feed, adjustment } = request;
    const same = series.timeframe === timeframe && series.feed === feed && series.adjustment === adjustment;
    if (same && series.provider === provider && asked.has(series.symbol)) return;
    throw new SourceDataError(`the source answered with ${describe(series)}, which was not asked for`);
  }
}

/** The whole milliseconds in it. */
function wholeMs({ start, end }: Interval): Interval {
  return { start: Math.ceil(start), end: Math.floor(end) };
}

function describe({ symbol, timeframe, feed, adjustment }: Series): string {
  return `${symbol} ${timeframe} ${feed} ${adjustment}`;
}

interface SeriesWalk {
  readonly good: readonly Bar[];
  readonly bad: readonly BadBar[];
  readonly holes: readonly Interval[];
  readonly nextOpen: EpochMs;
}

function siftSeries({ series, bars }: SeriesBars, request: PageRequest, from: EpochMs): SeriesWalk {
  const { interval, timeframe } = request;
  const step = earliestNextOpen(timeframe, 0);
  let nextOpen = from;
  let bad = 0;
  // The hot loop: 10,000 bars a page, and not one of them bad.
  for (const bar of bars) {
    if (isGood(bar, nextOpen, interval.end)) nextOpen = bar.openTime + step;
    else bad++;
  }
  return bad === 0 ? { good: bars, bad: [], holes: [], nextOpen } : sort(series, bars, request, from);
}

function isGood(bar: Bar, from: EpochMs, end: EpochMs): boolean {
  const { openTime, tradeCount = 0 } = bar;
  const sum = sumOf(bar);
  return (
    Number.isInteger(openTime) &&
    openTime >= from &&
    openTime < end &&
    bar.high >= bar.low &&
    bar.volume >= 0 &&
    isTradeCount(tradeCount) &&
    // NaN and the infinities are the numbers that are not themselves away from zero.
    sum - sum === 0
  );
}

function sumOf(bar: Bar): number {
  return bar.open + bar.high + bar.low + bar.close + bar.volume + (bar.vwap ?? 0);
}

function isTradeCount(count: number): boolean {
  return Number.isInteger(count) && count >= 0 && count <= MOST_TRADES;
}

/** The slow walk, for a page that has a bad bar. */
function sort(series: Series, bars: readonly Bar[], { interval, timeframe }: PageRequest, from: EpochMs): SeriesWalk {
  const good: Bar[] = [];
  const bad: BadBar[] = [];
  const holes: Interval[] = [];
  let nextOpen = from;
  let open: EpochMs | undefined; // Where the hole began that the last bars left.
  let resume = interval.end; // Where it ends, unless a good bar comes first.
  for (const bar of bars) {
    if (isGood(bar, nextOpen, interval.end)) {
      if (open !== undefined) holes.push({ start: open, end: bar.openTime });
      open = undefined;
      good.push(bar);
      nextOpen = earliestNextOpen(timeframe, bar.openTime);
    } else {
      bad.push({ series, openTime: bar.openTime, issues: issuesOf(bar, nextOpen, interval) });
      const own = contains(interval, bar.openTime);
      const end = own ? earliestNextOpen(timeframe, bar.openTime) : interval.end;
      // A bar out of its place leaves its own place open too.
      if (own) holes.push({ start: bar.openTime, end });
      resume = open === undefined ? end : Math.max(resume, end);
      open ??= nextOpen;
    }
  }
  if (open !== undefined) holes.push({ start: open, end: resume });
  return { good, bad, holes, nextOpen };
}

function issuesOf(bar: Bar, nextOpen: EpochMs, interval: Interval): string[] {
  const issues: string[] = [];
  for (const [name, value] of Object.entries(bar)) {
    if (value !== undefined && !Number.isFinite(value)) issues.push(`${name} is not a finite number`);
  }
  if (bar.high < bar.low) issues.push(`high ${bar.high} is below low ${bar.low}`);
  if (bar.volume < 0) issues.push(`volume ${bar.volume} is negative`);
  const { tradeCount = 0 } = bar;
  if (Number.isFinite(tradeCount) && !isTradeCount(tradeCount)) {
    issues.push(`tradeCount ${tradeCount} is no whole number from 0 to ${MOST_TRADES}`);
  }
  if (issues.length === 0 && !Number.isFinite(sumOf(bar))) issues.push("its numbers are too large to be added up");
  if (!Number.isFinite(bar.openTime)) return issues;
  if (!Number.isInteger(bar.openTime)) issues.push(`openTime ${bar.openTime} is no whole millisecond`);
  if (!contains(interval, bar.openTime)) issues.push(`opens outside ${formatInterval(interval)}`);
  else if (bar.openTime < nextOpen) issues.push("opens before the bar ahead of it is over");
  return issues;
}
