import type { BarStore } from "../../../contracts/bar-store.ts";
import type { Bar } from "../../../model/bar.ts";
import type { EpochMs, Interval } from "../../../model/interval.ts";
import { type Series, seriesKey } from "../../../model/series.ts";
import { MINUTE_MS } from "../../../model/units.ts";

/** 2024-01-02T14:30:00Z, when a New York session opens. */
export const OPEN: EpochMs = 1_704_205_800_000;
/** Everything that the cases ever commit. */
export const EVER: Interval = { start: Date.UTC(1900), end: Date.UTC(2100) };

export function makeSeries(parts: Partial<Series> = {}): Series {
  return { provider: "test", symbol: "SPY", timeframe: "1Min", feed: "sip", adjustment: "raw", ...parts };
}

/** The bar of the minute that begins `minute` minutes after {@link OPEN}. */
export function makeBar(minute: number, parts: Partial<Bar> = {}): Bar {
  const openTime = OPEN + minute * MINUTE_MS;
  return { openTime, open: 10, high: 12, low: 9, close: 11, volume: 500, tradeCount: 7, vwap: 10.5, ...parts };
}

/** A bar whose source tells neither trade count nor VWAP. */
export function makeBareBar(minute: number, parts: Partial<Bar> = {}): Bar {
  const { tradeCount: _count, vwap: _vwap, ...bare } = makeBar(minute);
  return { ...bare, ...parts };
}

/** The bars of the minutes `[from, to)`, ascending. */
export function makeBars(from: number, to: number, parts: Partial<Bar> = {}): Bar[] {
  return Array.from({ length: to - from }, (_, i) => makeBar(from + i, parts));
}

/** The interval of the minutes `[from, to)`. */
export function minutes(from: number, to: number): Interval {
  return { start: OPEN + from * MINUTE_MS, end: OPEN + to * MINUTE_MS };
}

export async function readAll(store: BarStore, series: Series, within: Interval = EVER): Promise<Bar[]> {
  const bars: Bar[] = [];
  for await (const bar of store.read(series, within)) bars.push(bar);
  return bars;
}

/** The coverage of one series; empty where the store leaves the series out. */
export async function coverageOf(store: BarStore, series: Series, within: Interval = EVER): Promise<Interval[]> {
  const coverage = await store.coverage([series], within);
  return [...(coverage.get(seriesKey(series)) ?? [])];
}
