import * as z from "zod";
import { SourceDataError, SourceUnavailableError } from "../../errors.ts";
import type { Bar, SeriesBars } from "../../model/bar.ts";
import type { EpochMs } from "../../model/interval.ts";
import type { Series } from "../../model/series.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/units.ts";

/** A page as the service sends it. The bars within are not zod's: 10,000 of them are read by a tight loop. */
export interface WirePage {
  /** By symbol, in the order of the body. */
  readonly bars: ReadonlyMap<string, readonly WireBar[]>;
  /** Absent on the last page. */
  readonly token?: string;
}

/** What is promised of a bar; what comes is looked at field by field. */
export interface WireBar {
  readonly t?: unknown;
  readonly o?: unknown;
  readonly h?: unknown;
  readonly l?: unknown;
  readonly c?: unknown;
  readonly v?: unknown;
  readonly n?: unknown;
  readonly vw?: unknown;
}

// Both keys must be there: an answer without them is not "no bars", it is no answer.
const ENVELOPE = z.object({
  bars: z.record(z.string(), z.custom<readonly WireBar[]>(Array.isArray)).nullable(),
  next_page_token: z.string().min(1).nullable(),
});

/**
 * Reads the body of a page. @throws {@link SourceUnavailableError} when cut off, {@link SourceDataError} when not a
 * page.
 */
export function parsePage(body: string, requestId: string | undefined): WirePage {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new SourceUnavailableError("the answer is cut off or garbled", { cause, requestId });
  }
  const envelope = ENVELOPE.safeParse(json);
  if (!envelope.success) {
    throw new SourceDataError("the answer is not a page of bars", { cause: envelope.error, requestId });
  }
  const { bars, next_page_token: token } = envelope.data;
  return { bars: new Map(Object.entries(bars ?? {})), ...(token === null ? {} : { token }) };
}

/** The bars of one series. A field that is not a number becomes `NaN`, which no check lets through. */
export function toSeriesBars(series: Series, wire: readonly WireBar[]): SeriesBars {
  const parseTime = timeParser();
  const bars = wire.map((one): Bar => {
    const { t, o, h, l, c, v, n, vw } = one ?? {};
    const openTime = parseTime(t);
    const open = num(o);
    const high = num(h);
    const low = num(l);
    const close = num(c);
    const volume = num(v);
    const hasCount = n !== undefined && n !== null;
    const hasVwap = vw !== undefined && vw !== null;
    if (hasCount && hasVwap) return { openTime, open, high, low, close, volume, tradeCount: num(n), vwap: num(vw) };
    if (hasCount) return { openTime, open, high, low, close, volume, tradeCount: num(n) };
    if (hasVwap) return { openTime, open, high, low, close, volume, vwap: num(vw) };
    return { openTime, open, high, low, close, volume };
  });
  return { series, bars };
}

function num(value: unknown): number {
  return typeof value === "number" ? value : Number.NaN;
}

/** A time without an offset would be read as local, and so as another instant on another machine. */
const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;
const COLON = 0x3a;
const Z = 0x5a;

/**
 * Parses `2022-01-03T09:00:00Z`, remembering the day: neighbours share it. 10,000 times in 0.5 ms, where
 * `Date.parse` takes 1.5 ms. RFC 3339 of another shape goes to `Date.parse`; anything else is `NaN`.
 */
function timeParser(): (value: unknown) => EpochMs {
  let day = "";
  let dayMs = Number.NaN;
  return (value) => {
    if (typeof value !== "string") return Number.NaN;
    if (value.length !== 20 || value.charCodeAt(19) !== Z) return slowTime(value);
    if (!value.startsWith(day) || day === "") {
      day = value.slice(0, 11);
      dayMs = slowTime(`${day}00:00:00Z`);
    }
    const hour = pair(value, 11);
    const minute = pair(value, 14);
    const second = pair(value, 17);
    const time = hour * HOUR_MS + minute * MINUTE_MS + second * 1000;
    const plain = value.charCodeAt(13) === COLON && value.charCodeAt(16) === COLON;
    return plain && hour < 24 && minute < 60 && second < 60 ? dayMs + time : slowTime(value);
  };
}

function slowTime(value: string): EpochMs {
  return RFC_3339.test(value) ? Date.parse(value) : Number.NaN;
}

/** Two decimal digits at `index`; `NaN` for anything else. */
function pair(text: string, index: number): number {
  const tens = text.charCodeAt(index) - 48;
  const ones = text.charCodeAt(index + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : Number.NaN;
}
