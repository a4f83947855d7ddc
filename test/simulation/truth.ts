import type { Bar } from "../../src/model/bar.ts";
import type { EpochMs, Interval } from "../../src/model/interval.ts";
import type { Series } from "../../src/model/series.ts";
import { parseTimeframe, type Timeframe } from "../../src/model/timeframe.ts";
import type { MarketBar } from "../../src/testing/market/index.ts";
import { gridOf } from "../../src/testing/simulator/walk.ts";
import { versionsOf } from "./market.ts";
import { isMalformed } from "./workload.ts";
import type { World } from "./world.ts";

/** All time that any seed knows of. */
export const ALWAYS: Interval = { start: Date.UTC(2015, 0, 1), end: Date.UTC(2030, 0, 1) };

/** Every series that the seed may come to hold. */
export function seriesOf({ workload }: World): Series[] {
  const { kind, requests, jobs } = workload;
  const provider = kind === "stocks" ? "alpaca" : "alpaca-crypto";
  const feed = kind === "stocks" ? "sip" : "us";
  const series = new Map<string, Series>();
  const add = (symbol: string, timeframe: Timeframe) =>
    series.set(`${timeframe} ${symbol}`, { provider, symbol, timeframe, feed, adjustment: "raw" });
  for (const { symbols, timeframes } of requests) {
    for (const timeframe of timeframes)
      for (const symbol of symbols) add(symbol, parseTimeframe(timeframe) as Timeframe);
  }
  for (const { symbols, timeframe } of jobs) for (const symbol of symbols) add(symbol, timeframe);
  return [...series.values()];
}

/** What the service has of `series` within `span`, by open time: each value that it ever had. */
export function barsOf(world: World, series: Series, span: Interval): Map<EpochMs, readonly MarketBar[]> {
  if (isMalformed(series.symbol) || span.end <= span.start) return new Map();
  const { symbol, timeframe } = series;
  const found = versionsOf(world.revisions, symbol, timeframe, span, gridOf(world.knobs));
  return new Map(found.map(({ openTime, versions }) => [openTime, versions]));
}

const FIELDS = ["openTime", "open", "high", "low", "close", "volume", "tradeCount", "vwap"] as const;

export function isSame(a: Bar, b: Bar): boolean {
  return FIELDS.every((field) => a[field] === b[field]);
}
