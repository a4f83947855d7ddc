import type { Gap } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import { hullOf } from "../model/hull.ts";
import { type Interval, merge } from "../model/interval.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { sum } from "../model/sum.ts";
import { packSymbols } from "../model/symbols.ts";
import type { Timeframe } from "../model/timeframe.ts";
import { type Block, blocksOf } from "./blocks.ts";
import { unitsPerSession } from "./cost-model.ts";
import type { PlanInput } from "./planner.ts";
import { sessionIndexOf } from "./session-index.ts";

/** So many groups are tried for a block: ragged ends are one group, or a few where some are far longer than others. */
const GROUPS_TRIED = 8;

/** Blocks that are asked for as one: all symbols of theirs over all of their time. */
interface Group {
  readonly symbols: Set<string>;
  /** That the symbols take of a URL. */
  bytes: number;
  interval: Interval;
  /** Expected of it as one. */
  pages: number;
  blocks: number;
}

/**
 * `gaps`, widened where that is expected to take fewer pages: 50 symbols that are covered up to 50 instants are asked
 * in one request from the first of these on, in place of one a symbol. What they hold of it comes again. Only gaps that
 * overlap or touch are joined, so that an old hole stays what it is while today's end moves on; none is widened into
 * what `isTaken`, because somebody else asks for it. Returns `gaps` themselves where nothing is won. Pure.
 *
 * Groups grow from the latest and shortest gaps on, as long as each pays: 0.3 s for 10,000 gaps of as many ends.
 */
export function widerGaps(
  gaps: readonly Gap[],
  { limits, calendar, cost }: Pick<PlanInput, "limits" | "calendar" | "cost">,
  isTaken: (series: Series, interval: Interval) => boolean = () => false,
): readonly Gap[] {
  const blocks = blocksOf(gaps);
  if (blocks.length < 2) return gaps;
  const index = sessionIndexOf(blocks, { calendar, limits });

  const wider = new Map<string, Interval[]>();
  for (const some of groupBy(blocks, sharedOf).values()) {
    const [{ symbols: _, interval: __, ...shared }] = some;
    for (const { symbols, interval, blocks: joined } of groupsOf(some)) {
      if (joined === 1) continue;
      for (const symbol of symbols) {
        const series = { ...shared, symbol };
        if (isTaken(series, interval)) continue;
        const key = seriesKey(series);
        wider.set(key, [...(wider.get(key) ?? []), interval]);
      }
    }
  }
  if (wider.size === 0) return gaps;
  const widened = gaps.map(({ series, intervals }) => ({
    series,
    intervals: merge([...intervals, ...(wider.get(seriesKey(series)) ?? [])]),
  }));
  // What is taken of a group leaves its symbols out of it, and one of a symbol in two groups can split both.
  return pagesOfAll(blocksOf(widened)) < pagesOfAll(blocks) ? widened : gaps;

  function groupsOf(some: readonly Block[]): Group[] {
    const groups: Group[] = [];
    for (const { timeframe, symbols, interval } of [...some].sort(latestFirst)) {
      const alone: Group = { symbols: new Set(symbols), bytes: bytesOf(symbols), interval, pages: 0, blocks: 1 };
      alone.pages = pagesOf(timeframe, symbols.length, requestsOf(symbols.length, alone.bytes), interval);
      if (!groups.slice(-GROUPS_TRIED).reverse().some(takesIn)) groups.push(alone);

      function takesIn(group: Group): boolean {
        if (!meet(group.interval, interval)) return false;
        const hull = hullOf([group.interval, interval]);
        const more = symbols.filter((symbol) => !group.symbols.has(symbol));
        const [count, bytes] = [group.symbols.size + more.length, group.bytes + bytesOf(more)];
        const pages = pagesOf(timeframe, count, requestsOf(count, bytes), hull);
        if (pages >= group.pages + alone.pages) return false;
        for (const symbol of more) group.symbols.add(symbol);
        Object.assign(group, { bytes, interval: hull, pages, blocks: group.blocks + 1 });
        return true;
      }
    }
    return groups;
  }

  function pagesOfAll(some: readonly Block[]): number {
    return sum(some, ({ timeframe, symbols, interval }) => {
      const requests = packSymbols(symbols, limits.symbolsPerRequest, limits.symbolBytes).length;
      return pagesOf(timeframe, symbols.length, requests, interval);
    });
  }

  /** At least: symbols cannot always be packed without a rest. */
  function requestsOf(symbols: number, bytes: number): number {
    return Math.max(
      Math.ceil(symbols / limits.symbolsPerRequest),
      Math.ceil(bytes / (limits.symbolBytes + COMMA.length)),
    );
  }

  function pagesOf(timeframe: Timeframe, symbols: number, requests: number, interval: Interval): number {
    const units = unitsPerSession(cost, timeframe, limits).expected * index.count(interval) * symbols;
    return requests * Math.max(1, Math.ceil(units / requests / limits.pageSize));
  }
}

/** As it is in a URL. */
const COMMA = "%2C";

/** A comma behind each included. */
function bytesOf(symbols: readonly string[]): number {
  return sum(symbols, (symbol) => encodeURIComponent(symbol).length + COMMA.length);
}

function latestFirst(a: Block, b: Block): number {
  return b.interval.start - a.interval.start || a.interval.end - b.interval.end;
}

/** True of intervals that overlap or touch. */
function meet(a: Interval, b: Interval): boolean {
  return a.start <= b.end && b.start <= a.end;
}

function sharedOf({ provider, timeframe, feed, adjustment }: Block): string {
  return [provider, timeframe, feed, adjustment].join("|");
}
