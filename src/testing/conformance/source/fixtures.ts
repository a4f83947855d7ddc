import assert from "node:assert/strict";
import type { BarPage, BarSource, PageRequest } from "../../../contracts/bar-source.ts";
import type { Bar } from "../../../model/bar.ts";
import { defined } from "../../../model/defined.ts";
import type { Interval } from "../../../model/interval.ts";
import { type Series, seriesKey } from "../../../model/series.ts";

/** More than any request that a case is given should take. */
const MOST_PAGES = 1000;

/** All pages of `request`, in order. Rejects where they do not end. */
export async function walk(source: BarSource, request: PageRequest): Promise<BarPage[]> {
  const pages: BarPage[] = [];
  const cursors = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const page = await source.fetchPage(request, defined({ cursor }));
    pages.push(page);
    cursor = page.next;
    if (cursor === undefined) return pages;
    assert.ok(!cursors.has(cursor), `page ${pages.length} has the cursor of an earlier page: ${cursor}`);
    assert.ok(pages.length < MOST_PAGES, `the pages did not end after ${MOST_PAGES}`);
    cursors.add(cursor);
  }
}

export function seriesOf({ provider }: BarSource, request: PageRequest, symbol: string): Series {
  const { timeframe, feed, adjustment } = request;
  return { provider, symbol, timeframe, feed, adjustment };
}

/** The keys of the series that `request` asks for. */
export function askedKeys(source: BarSource, request: PageRequest): Set<string> {
  return new Set(request.symbols.map((symbol) => seriesKey(seriesOf(source, request, symbol))));
}

/** By symbol, in the order in which the pages bring them; a symbol without bars has none. */
export function barsBySymbol(pages: readonly BarPage[], { symbols }: PageRequest): Map<string, Bar[]> {
  const found = new Map<string, Bar[]>(symbols.map((symbol) => [symbol, []]));
  for (const { series, bars } of pages.flatMap((page) => page.bars)) found.get(series.symbol)?.push(...bars);
  return found;
}

/**
 * `request` cut in two where a bar of its middle opens. Rejects where no bar opens inside the interval: there is
 * nothing to tell an open end from a closed one.
 */
export function cutAtBar(pages: readonly BarPage[], request: PageRequest): [PageRequest, PageRequest] {
  const { start, end } = request.interval;
  const times = pages.flatMap((page) => page.bars.flatMap(({ bars }) => bars.map(({ openTime }) => openTime)));
  const inside = times.filter((time) => time > start && time < end).sort((a, b) => a - b);
  const at = inside[Math.floor(inside.length / 2)];
  assert.ok(at !== undefined, "no bar opens inside the request's interval: ask for a longer one");
  const part = (interval: Interval): PageRequest => ({ ...request, interval });
  return [part({ start, end: at }), part({ start: at, end })];
}

/** What pages say of the data, without what they say of the rate and of the next page; the order of series aside. */
export function said({ bars, covered }: BarPage): unknown {
  const byKey = (a: { readonly series: Series }, b: { readonly series: Series }) =>
    seriesKey(a.series) < seriesKey(b.series) ? -1 : 1;
  return { bars: bars.filter((part) => part.bars.length > 0).sort(byKey), covered: [...covered].sort(byKey) };
}
