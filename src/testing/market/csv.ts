import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { EpochMs, Interval } from "../../model/interval.ts";
import { newYorkDay } from "../../model/new-york.ts";
import { isIntraday, nominalMs, TIMEFRAMES, type Timeframe } from "../../model/timeframe.ts";
import { MINUTE_MS } from "../../model/units.ts";
import type { Market, MarketBar } from "./market.ts";
import { type SessionOn, tradingDays } from "./trading-days.ts";

/** A market that replays files. */
export interface CsvMarket extends Market {
  /** The symbols that have a file, ascending by code unit. */
  symbols(timeframe: Timeframe): readonly string[];
}

/** One file in columns, ascending by time. `weight[i]` is the sum of the minutes beneath the bars before `i`. */
interface Columns {
  readonly t: Float64Array;
  readonly o: Float64Array;
  readonly h: Float64Array;
  readonly l: Float64Array;
  readonly c: Float64Array;
  readonly v: Float64Array;
  readonly weight: Float64Array;
}

const HEADER = "t,o,h,l,c,v";
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * Replays `<folder>/<timeframe>/<SYMBOL>.csv` or `.csv.gz`, one file a series: header `t,o,h,l,c,v`, ascending, `t` the
 * open time in UTC as `2014-06-05T08:15:00Z`. The bars have no trade count and no VWAP, since the files have none, and
 * open where the files say, whatever grid is asked for. Nothing is rolled up: a timeframe without a folder has no bars.
 * Beneath an intraday bar lie as many minutes as it shares with the extended hours of the NYSE.
 *
 * Files are read when first asked for. Throws at once when `folder` is missing, and when a file is read and a row in it
 * is malformed or out of order; the message names the file and the line.
 */
export function csvMarket(folder: string): CsvMarket {
  const files = new Map(TIMEFRAMES.map((timeframe) => [timeframe, listFiles(folder, timeframe)]));
  if (![...files.values()].some((found) => found.size > 0)) {
    throw new Error(`csvMarket: ${folder} holds no <timeframe>/<SYMBOL>.csv or .csv.gz`);
  }
  const sessionOn = tradingDays();
  const read = new Map<string, Columns>();

  function columns(symbol: string, timeframe: Timeframe): Columns | undefined {
    const path = files.get(timeframe)?.get(symbol);
    if (path === undefined) return undefined;
    let found = read.get(path);
    if (found === undefined) read.set(path, (found = parse(path, timeframe, sessionOn)));
    return found;
  }

  return {
    *bars(symbol, timeframe, interval) {
      const found = columns(symbol, timeframe);
      if (found === undefined) return;
      const [first, end] = rowsIn(found, interval);
      for (let row = first; row < end; row++) yield barOf(found, row);
    },
    count(symbol, timeframe, interval) {
      const found = columns(symbol, timeframe);
      if (found === undefined) return { bars: 0, minutes: 0 };
      const [first, end] = rowsIn(found, interval);
      return { bars: end - first, minutes: at(found.weight, end) - at(found.weight, first) };
    },
    symbols: (timeframe) => [...(files.get(timeframe)?.keys() ?? [])],
    assets() {
      const symbols = new Set([...files.values()].flatMap((found) => [...found.keys()]));
      return [...symbols].sort().map((symbol) => ({ symbol, class: "us_equity", status: "active" }));
    },
  };
}

/** Paths by symbol, ascending; empty when the timeframe has no folder. */
function listFiles(folder: string, timeframe: Timeframe): ReadonlyMap<string, string> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new Error(`csvMarket: there is no folder ${folder}`);
  }
  const inside = join(folder, timeframe);
  if (statSync(inside, { throwIfNoEntry: false })?.isDirectory() !== true) return new Map();
  const named = readdirSync(inside).flatMap((file) => {
    const symbol = /^(.+?)\.csv(?:\.gz)?$/.exec(file)?.[1];
    return symbol === undefined ? [] : [[symbol, join(inside, file)] as const];
  });
  return new Map(named.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function parse(path: string, timeframe: Timeframe, sessionOn: SessionOn): Columns {
  const bytes = readFileSync(path);
  const [header, ...lines] = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes)
    .toString("utf8")
    .trimEnd()
    .split(/\r?\n/);
  if (header !== HEADER) throw new Error(`csvMarket: ${path}:1: expected the header ${HEADER}, received ${header}`);
  const column = () => new Float64Array(lines.length);
  const found = { t: column(), o: column(), h: column(), l: column(), c: column(), v: column() };
  const weight = new Float64Array(lines.length + 1);
  lines.forEach((line, row) => {
    const [time = "", ...numbers] = line.split(",");
    const openTime = TIME.test(time) ? Date.parse(time) : Number.NaN;
    const [o, h, l, c, v] = numbers.map((text) => (text.trim() === "" ? Number.NaN : Number(text)));
    const values = [openTime, o, h, l, c, v];
    if (numbers.length !== 5 || !values.every(Number.isFinite)) {
      throw new Error(`csvMarket: ${path}:${row + 2}: expected ${HEADER}, received ${line}`);
    }
    if (row > 0 && openTime <= at(found.t, row - 1)) {
      throw new Error(`csvMarket: ${path}:${row + 2}: ${time} does not come after the row before it`);
    }
    found.t[row] = openTime;
    found.o[row] = o as number;
    found.h[row] = h as number;
    found.l[row] = l as number;
    found.c[row] = c as number;
    found.v[row] = v as number;
    weight[row + 1] = at(weight, row) + minutesBeneath(timeframe, openTime, sessionOn);
  });
  return { ...found, weight };
}

function minutesBeneath(timeframe: Timeframe, openTime: EpochMs, sessionOn: SessionOn): number {
  if (timeframe === "1Min" || !isIntraday(timeframe)) return 1;
  const length = nominalMs(timeframe);
  const session = sessionOn(newYorkDay(openTime));
  if (session === undefined) return length / MINUTE_MS;
  const shared = Math.min(openTime + length, session.extendedClose) - Math.max(openTime, session.extendedOpen);
  return Math.max(1, shared / MINUTE_MS);
}

function barOf(columns: Columns, row: number): MarketBar {
  return {
    openTime: at(columns.t, row),
    open: at(columns.o, row),
    high: at(columns.h, row),
    low: at(columns.l, row),
    close: at(columns.c, row),
    volume: at(columns.v, row),
    minutes: at(columns.weight, row + 1) - at(columns.weight, row),
  };
}

/** The rows `[first, end)` that open in `interval`. */
function rowsIn({ t }: Columns, interval: Interval): readonly [number, number] {
  const first = rowAt(t, interval.start);
  return [first, Math.max(first, rowAt(t, interval.end))];
}

/** The first row at or after `instant`. */
function rowAt(times: Float64Array, instant: EpochMs): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (at(times, middle) < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

function at(values: Float64Array, index: number): number {
  return values[index] as number;
}
