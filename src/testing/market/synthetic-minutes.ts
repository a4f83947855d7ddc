import type { EpochMs, Interval } from "../../model/interval.ts";
import type { DayNumber } from "../../model/new-york.ts";
import type { Timeframe } from "../../model/timeframe.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { type BarGrid, barSpan, type DayZone, dayAt, dayOpen } from "./grid.ts";
import { countBelow, HASH_RANGE, mixAt } from "./hash.ts";
import type { BarCount, MarketBar } from "./market.ts";
import { priceCents } from "./synthetic-days.ts";
import type { SyntheticName } from "./synthetic-name.ts";
import type { SessionOn } from "./trading-days.ts";

/** The minutes of one day that may hold a trade: `[first, last)`, counted from `open`. */
interface Block {
  readonly day: DayNumber;
  readonly open: EpochMs;
  /** All minutes of the day, asked for or not. */
  readonly length: number;
  readonly first: number;
  readonly last: number;
  /** The regular session: `[regularFirst, regularLast)`. */
  readonly regularFirst: number;
  readonly regularLast: number;
  readonly seed: number;
}

/** The bar in the making. Prices in whole cents; one object serves a whole walk. */
interface Draft {
  openTime: EpochMs;
  end: EpochMs;
  open: number;
  high: number;
  low: number;
  close: number;
  /** Shares, or parts of a coin. */
  volume: number;
  tradeCount: number;
  /** Cents times volume. */
  turnover: number;
  minutes: number;
}

const COIN_PARTS = 1e6;
/** Beside the streams of chance that the days draw from. */
const MINUTE_STREAM = 7;

/** The intraday bars that open in `interval`, every one the roll-up of its one-minute bars. */
export function* minuteBars(
  name: SyntheticName,
  sessionOn: SessionOn,
  timeframe: Timeframe,
  interval: Interval,
  grid: BarGrid,
): Generator<MarketBar> {
  const zone: DayZone = name.crypto ? "utc" : "new-york";
  const draft = emptyDraft();
  for (const block of blocks(name, sessionOn, minutesOf(timeframe, interval, zone, grid), zone)) {
    const startCents = priceCents(name, block.day);
    const step = (priceCents(name, block.day + 1) - startCents) / block.length;
    const spread = Math.max(2, Math.round(startCents * 0.0008));
    for (let i = block.first; i < block.last; i++) {
      if (!trades(name, block, i)) continue;
      const time = block.open + i * MINUTE_MS;
      if (time >= draft.end) {
        if (draft.minutes > 0) yield finish(name, draft);
        const span = barSpan(timeframe, time, zone, grid);
        draft.openTime = span.start;
        draft.end = span.end;
        draft.minutes = 0;
      }
      add(draft, name, block, i, startCents + Math.round(i * step), spread);
    }
  }
  if (draft.minutes > 0) yield finish(name, draft);
}

/** How many bars {@link minuteBars} makes and how many minutes lie beneath them, without any price. */
export function countMinuteBars(
  name: SyntheticName,
  sessionOn: SessionOn,
  timeframe: Timeframe,
  interval: Interval,
  grid: BarGrid,
): BarCount {
  const zone: DayZone = name.crypto ? "utc" : "new-york";
  let bars = 0;
  let minutes = 0;
  let end = Number.NEGATIVE_INFINITY;
  for (const block of blocks(name, sessionOn, minutesOf(timeframe, interval, zone, grid), zone)) {
    minutes += countTrades(name, block);
    if (timeframe === "1Min") continue;
    for (let i = block.first; i < block.last; i++) {
      const time = block.open + i * MINUTE_MS;
      if (time < end || !trades(name, block, i)) continue;
      bars++;
      end = barSpan(timeframe, time, zone, grid).end;
    }
  }
  return { bars: timeframe === "1Min" ? minutes : bars, minutes };
}

/** The time beneath the bars that open in `interval`: from the first one's open to the last one's end. */
function minutesOf(timeframe: Timeframe, interval: Interval, zone: DayZone, grid: BarGrid): Interval {
  const first = barSpan(timeframe, interval.start, zone, grid);
  const start = first.start === interval.start ? first.start : first.end;
  if (interval.end <= start) return { start, end: start };
  return { start, end: barSpan(timeframe, interval.end - 1, zone, grid).end };
}

function* blocks(name: SyntheticName, sessionOn: SessionOn, within: Interval, zone: DayZone): Generator<Block> {
  const to = Math.min(name.delisted, dayAt(within.end - 1, zone) + 1);
  for (let day = Math.max(name.listed, dayAt(within.start, zone)); day < to; day++) {
    const hours = name.crypto ? roundTheClock(day) : sessionOn(day);
    if (hours === undefined) continue;
    const { extendedOpen: open, extendedClose } = hours;
    const length = (extendedClose - open) / MINUTE_MS;
    yield {
      day,
      open,
      length,
      first: Math.max(0, Math.ceil((within.start - open) / MINUTE_MS)),
      last: Math.min(length, Math.ceil((within.end - open) / MINUTE_MS)),
      regularFirst: (hours.open - open) / MINUTE_MS,
      regularLast: (hours.close - open) / MINUTE_MS,
      seed: mixAt(mixAt(name.seed, MINUTE_STREAM), day),
    };
  }
}

function roundTheClock(day: DayNumber) {
  const open = dayOpen(day, "utc");
  const close = dayOpen(day + 1, "utc");
  return { extendedOpen: open, open, close, extendedClose: close };
}

/** How many minutes of `block` {@link trades} is true of. */
function countTrades(name: SyntheticName, { seed, first, last, regularFirst, regularLast }: Block): number {
  const open = Math.min(Math.max(regularFirst, first), last);
  const close = Math.min(Math.max(regularLast, first), last);
  const extended = name.extendedShare * HASH_RANGE;
  return (
    countBelow(seed, first, open, extended) +
    countBelow(seed, open, close, name.regularShare * HASH_RANGE) +
    countBelow(seed, close, last, extended)
  );
}

function trades(name: SyntheticName, block: Block, minute: number): boolean {
  const regular = minute >= block.regularFirst && minute < block.regularLast;
  return mixAt(block.seed, minute) < (regular ? name.regularShare : name.extendedShare) * HASH_RANGE;
}

/** Adds one minute around `mid`. A minute depends on its own index only, so that a walk may begin anywhere. */
function add(draft: Draft, name: SyntheticName, block: Block, minute: number, mid: number, spread: number): void {
  const shape = mixAt(block.seed ^ 0x5bd1e995, minute);
  const size = mixAt(block.seed ^ 0x2545f491, minute);
  const open = mid + ((((shape & 255) - 128) * spread) >> 7);
  const close = mid + (((((shape >>> 8) & 255) - 128) * spread) >> 7);
  const high = Math.max(open, close) + ((((shape >>> 16) & 255) * spread) >> 9);
  const low = Math.min(open, close) - (((shape >>> 24) * spread) >> 9);
  const tradeCount = 1 + (size & 63);
  const volume = name.crypto ? 1 + (size >>> 8) : tradeCount * (1 + (size >>> 24));
  if (draft.minutes === 0) {
    draft.open = open;
    draft.high = high;
    draft.low = low;
    draft.volume = draft.tradeCount = draft.turnover = 0;
  } else {
    if (high > draft.high) draft.high = high;
    if (low < draft.low) draft.low = low;
  }
  draft.close = close;
  draft.volume += volume;
  draft.tradeCount += tradeCount;
  draft.turnover += ((open + high + low + close) / 4) * volume;
  draft.minutes++;
}

function finish(name: SyntheticName, draft: Draft): MarketBar {
  const high = draft.high / 100;
  const low = draft.low / 100;
  const vwap = Math.round((draft.turnover / draft.volume) * 1e4) / 1e6;
  return {
    openTime: draft.openTime,
    open: draft.open / 100,
    high,
    low,
    close: draft.close / 100,
    volume: name.crypto ? draft.volume / COIN_PARTS : draft.volume,
    tradeCount: draft.tradeCount,
    // Rounding may carry the average past a bar that is flat.
    vwap: Math.min(high, Math.max(low, vwap)),
    minutes: draft.minutes,
  };
}

function emptyDraft(): Draft {
  return {
    openTime: 0,
    end: Number.NEGATIVE_INFINITY,
    open: 0,
    high: 0,
    low: 0,
    close: 0,
    volume: 0,
    tradeCount: 0,
    turnover: 0,
    minutes: 0,
  };
}
