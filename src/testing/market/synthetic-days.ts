import type { Interval } from "../../model/interval.ts";
import type { DayNumber } from "../../model/new-york.ts";
import type { Timeframe } from "../../model/timeframe.ts";
import { type DayZone, dayAt, dayOpen, firstDay, nextFirstDay } from "./grid.ts";
import { HASH_RANGE, mixAt } from "./hash.ts";
import type { MarketBar } from "./market.ts";
import type { SyntheticName } from "./synthetic-name.ts";
import type { SessionOn } from "./trading-days.ts";

/** Independent streams of chance beneath one symbol's seed. */
const STREAM = { years: 1, months: 2, weeks: 3, dayTrades: 4, dayShape: 5, dayVolume: 6 } as const;

/** The price at the beginning of `day`, in whole cents: slow waves of about a year, a month and a week. */
export function priceCents(name: SyntheticName, day: DayNumber): number {
  const wave =
    0.8 * noise(mixAt(name.seed, STREAM.years), day / 256) +
    0.2 * noise(mixAt(name.seed, STREAM.months), day / 32) +
    0.04 * noise(mixAt(name.seed, STREAM.weeks), day / 4);
  return Math.max(100, Math.round(name.baseCents * Math.exp(wave)));
}

/** Smooth noise in `[-1, 1]`: a random value at every whole `x`, eased in between. */
function noise(seed: number, x: number): number {
  const left = Math.floor(x);
  const t = x - left;
  const a = mixAt(seed, left) / HASH_RANGE;
  const b = mixAt(seed, left + 1) / HASH_RANGE;
  return 2 * (a + (b - a) * t * t * (3 - 2 * t)) - 1;
}

/** True when `day` has a bar of a day. */
function trades(name: SyntheticName, sessionOn: SessionOn, day: DayNumber): boolean {
  if (day < name.listed || day >= name.delisted) return false;
  if (!name.crypto && sessionOn(day) === undefined) return false;
  return mixAt(mixAt(name.seed, STREAM.dayTrades), day) < name.dayShare * HASH_RANGE;
}

/** The bars of a day and longer that open in `interval`: days straight from a hash, the others rolled up from days. */
export function* dayBars(
  name: SyntheticName,
  sessionOn: SessionOn,
  timeframe: Timeframe,
  interval: Interval,
  zone: DayZone,
): Generator<MarketBar> {
  for (const [first, next] of spans(name, timeframe, interval, zone)) {
    let bar: MarketBar | undefined;
    for (let day = first; day < next; day++) {
      if (trades(name, sessionOn, day)) bar = join(bar, dayBar(name, day, dayOpen(first, zone)));
    }
    if (bar !== undefined) yield bar;
  }
}

/** How many bars {@link dayBars} makes. */
export function countDayBars(
  name: SyntheticName,
  sessionOn: SessionOn,
  timeframe: Timeframe,
  interval: Interval,
  zone: DayZone,
): number {
  let bars = 0;
  for (const [first, next] of spans(name, timeframe, interval, zone)) {
    let day = first;
    while (day < next && !trades(name, sessionOn, day)) day++;
    if (day < next) bars++;
  }
  return bars;
}

/** The days `[first, next)` of each bar that opens in `interval`, ascending. */
function* spans(
  name: SyntheticName,
  timeframe: Timeframe,
  interval: Interval,
  zone: DayZone,
): Generator<readonly [DayNumber, DayNumber]> {
  let first = firstDay(timeframe, Math.max(name.listed, dayAt(interval.start, zone)));
  if (dayOpen(first, zone) < interval.start) first = nextFirstDay(timeframe, first);
  const end = Math.min(name.delisted, dayAt(interval.end - 1, zone) + 1);
  while (first < end) {
    const next = nextFirstDay(timeframe, first);
    yield [first, next];
    first = next;
  }
}

function dayBar(name: SyntheticName, day: DayNumber, openTime: number): MarketBar {
  const shape = mixAt(mixAt(name.seed, STREAM.dayShape), day);
  const size = mixAt(mixAt(name.seed, STREAM.dayVolume), day);
  const open = priceCents(name, day);
  const spread = Math.max(4, open * 0.01);
  const close = priceCents(name, day + 1) + Math.round((((shape & 255) - 128) / 256) * spread);
  const high = Math.max(open, close) + Math.round((((shape >>> 8) & 255) / 256) * spread);
  const low = Math.min(open, close) - Math.round((((shape >>> 16) & 255) / 256) * spread);
  const tradeCount = 1 + Math.floor((size & 0xffff) * name.regularShare);
  const volume = tradeCount * (100 + (size >>> 24));
  return {
    openTime,
    open: open / 100,
    high: high / 100,
    low: low / 100,
    close: close / 100,
    volume: name.crypto ? volume / 1e4 : volume,
    tradeCount,
    vwap: (open + high + low + close) / 400,
    minutes: 1,
  };
}

function join(a: MarketBar | undefined, b: MarketBar): MarketBar {
  if (a === undefined) return b;
  const high = Math.max(a.high, b.high);
  const low = Math.min(a.low, b.low);
  const volume = roundTo(1e4, a.volume + b.volume);
  const vwap = roundTo(1e6, ((a.vwap ?? a.close) * a.volume + (b.vwap ?? b.close) * b.volume) / (a.volume + b.volume));
  return {
    openTime: a.openTime,
    open: a.open,
    high,
    low,
    close: b.close,
    volume,
    tradeCount: (a.tradeCount ?? 1) + (b.tradeCount ?? 1),
    vwap: Math.min(high, Math.max(low, vwap)),
    minutes: 1,
  };
}

function roundTo(parts: number, value: number): number {
  return Math.round(value * parts) / parts;
}
