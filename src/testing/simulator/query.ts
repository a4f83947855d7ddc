import { isIntraday, TIMEFRAMES, type Timeframe } from "../../model/timeframe.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { refusal } from "./answer.ts";
import type { Knobs } from "./knobs.ts";
import { decodePageToken, type PageToken } from "./page-token.ts";
import { resolveSymbols } from "./symbols.ts";
import { compareWireTimes, parseWireTime, startOfDay, type WireTime } from "./wire-time.ts";

/** A request for bars that is well-formed. */
export interface BarsQuery {
  readonly market: "stocks" | "crypto";
  /** In the order of the answer; may be empty. */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly feed: string;
  /** Both inclusive, as on the wire. */
  readonly start: WireTime;
  readonly end: WireTime;
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly token?: PageToken;
  /** As asked for; answers name it then, and only then. */
  readonly currency?: string;
}

/** What a request leaves open, and how the service reads it. */
export interface QueryContext {
  readonly now: number;
  readonly subscription: "basic" | "plus";
  readonly knobs: Knobs;
}

// Alpaca: limit 1-10000, 1000 when absent.
export const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1000;
/** Without a real-time subscription, SIP data is available after 15 minutes. */
export const SIP_DELAY_MS = 15 * MINUTE_MS;

const TIMEFRAME_FORMS = [
  [/^([1-9]|[1-5]\d)(?:Min|T)$/, "Min"],
  [/^([1-9]|1\d|2[0-3])(?:Hour|H)$/, "Hour"],
  [/^(1)(?:Day|D)$/, "Day"],
  [/^(1)(?:Week|W)$/, "Week"],
  [/^(1|2|3|4|6|12)(?:Month|M)$/, "Month"],
] as const;
const STOCK_FEEDS = ["sip", "iex", "otc", "boats"];
const ADJUSTMENTS = ["raw", "split", "dividend", "spin-off", "all"];

/** Reads the parameters of a bars request. Throws a refusal with the service's words for the first that is wrong. */
export function parseBarsQuery(
  requested: readonly string[],
  market: "stocks" | "crypto",
  params: URLSearchParams,
  { now, subscription, knobs }: QueryContext,
): BarsQuery {
  const realTime = market === "crypto" || subscription === "plus";
  const timeframe = timeframeOf(required(params, "timeframe"));
  const dayStart = { ms: startOfDay(now, knobs.dateMidnight), nanos: 0 };
  const start = timeOf(params, "start", knobs) ?? dayStart;
  const end = timeOf(params, "end", knobs) ?? { ms: realTime ? now : now - SIP_DELAY_MS, nanos: 0 };
  const limit = limitOf(params.get("limit"), knobs);
  const feed = market === "crypto" ? "" : (params.get("feed") ?? (realTime ? "sip" : "iex"));
  const currency = params.get("currency");
  if (market === "stocks") checkStockParameters(params, feed);
  const order = params.get("sort") ?? "asc";
  if (order !== "asc" && order !== "desc") throw refusal(400, `invalid sort: ${order}`);
  const symbols = resolveSymbols(requested, market, knobs);
  if (compareWireTimes(end, start) < 0) throw refusal(400, "end should not be before start");
  const query = { market, symbols, timeframe, feed, start, end, limit, order } as const;
  const token = tokenOf(params.get("page_token"), query);
  return { ...query, ...(token && { token }), ...(currency !== null && market === "stocks" && { currency }) };
}

/** The words of the service's parameter binding for a parameter that is not there. */
export function required(params: URLSearchParams, name: string): string {
  const value = params.get(name);
  if (value) return value;
  throw refusal(400, `Invalid format for parameter ${name}: query parameter '${name}' is required`);
}

function timeframeOf(text: string): Timeframe {
  for (const [form, unit] of TIMEFRAME_FORMS) {
    const count = form.exec(text)?.[1];
    if (count === undefined) continue;
    const timeframe = TIMEFRAMES.find((known) => known === `${count}${unit}`);
    if (timeframe === undefined) throw refusal(400, `the simulator does not serve timeframe: ${text}`);
    return timeframe;
  }
  throw refusal(400, `invalid timeframe: ${text}`);
}

function timeOf(params: URLSearchParams, name: "start" | "end", knobs: Knobs): WireTime | undefined {
  const text = params.get(name);
  if (text === null) return undefined;
  const time = parseWireTime(text, knobs.dateMidnight);
  if (time !== undefined) return time;
  const detail = `parsing time "${text}" as "2006-01-02": cannot parse "${text}" as "2006"`;
  throw refusal(
    400,
    `Invalid format for parameter ${name}: error parsing '${text}' as RFC3339 or 2006-01-02 time: ${detail}`,
  );
}

function limitOf(text: string | null, knobs: Knobs): number {
  if (text === null) return DEFAULT_LIMIT;
  const limit = /^\d+$/.test(text) ? Number(text) : 0;
  if (limit > MAX_LIMIT && knobs.limitAboveMax === "clamped") return MAX_LIMIT;
  if (limit < 1 || limit > MAX_LIMIT) throw refusal(400, `invalid limit: ${text}`);
  return limit;
}

function checkStockParameters(params: URLSearchParams, feed: string): void {
  const adjustment = params.get("adjustment");
  const unknown = adjustment?.split(",").find((part) => !ADJUSTMENTS.includes(part));
  if (unknown !== undefined) throw refusal(400, `invalid adjustment: ${adjustment}`);
  const asof = params.get("asof");
  if (asof !== null && asof !== "-" && !/^\d{4}-\d\d-\d\d$/.test(asof)) throw refusal(400, `invalid asof: ${asof}`);
  if (!STOCK_FEEDS.includes(feed)) throw refusal(400, `invalid feed: ${feed}`);
  const currency = params.get("currency");
  if (currency !== null && !/^[A-Z]{3}$/.test(currency)) throw refusal(400, `invalid currency: ${currency}`);
}

/** Refuses a token that these parameters cannot have brought about. */
function tokenOf(text: string | null, query: Omit<BarsQuery, "token">): PageToken | undefined {
  if (text === null || text === "") return undefined;
  const token = decodePageToken(text);
  const fits =
    token !== undefined &&
    query.symbols.includes(token.symbol) &&
    token.unit === tokenUnit(query.timeframe) &&
    // Tokens of empty pages lie nanoseconds beside a bar, or just outside the first one.
    token.time.ms >= query.start.ms - 1 &&
    token.time.ms <= query.end.ms + 1;
  if (!fits) throw refusal(400, "invalid page_token");
  return token;
}

/** Tokens of intraday walks say `M`, of a day and longer `D`. */
export function tokenUnit(timeframe: Timeframe): "M" | "D" {
  return isIntraday(timeframe) ? "M" : "D";
}
