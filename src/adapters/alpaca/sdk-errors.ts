import { errors } from "@alpacahq/alpaca-trade-api/rest";
import type { RateBudget } from "../../contracts/rate-limiter.ts";
import {
  type BarfillError,
  RateLimitedError,
  SourceAccessError,
  SourceRejectedError,
  SourceUnavailableError,
  SymbolRejectedError,
} from "../../errors.ts";
import { defined } from "../../model/defined.ts";
import type { EpochMs } from "../../model/interval.ts";
import { systemClock } from "../../system-clock.ts";

/** How a symbol that was refused is likely spelled; `undefined` where nobody can tell. */
export type Respelling = (symbol: string) => string | undefined;

/** Turns what the SDK throws into barfill's errors. Anything else comes back as it is. */
export function fromSdkError(error: unknown, respelled: Respelling = () => undefined): unknown {
  if (error instanceof errors.ApiError) return fromStatus(error, respelled);
  if (error instanceof errors.FetchError) {
    return new SourceUnavailableError(`no answer: ${shorten(reasonOf(error.cause))}`, { cause: error });
  }
  return error;
}

/** The platform says `fetch failed`; what it failed of is said by the causes beneath. */
function reasonOf(error: unknown): string {
  const reasons: string[] = [];
  for (let at = error; at instanceof Error; at = at.cause) {
    // Where several addresses were tried, there is a code and no message.
    reasons.push(at.message === "" && "code" in at ? String(at.code) : at.message);
  }
  return reasons.join(": ");
}

const WRONG_ADDRESS =
  "Check the base URL, which has no path: bars are at https://data.alpaca.markets, assets at the trading host";

/** What the SDK adds to the service's words speaks of the SDK's options. */
const SDK_ADVICE = / \(Your account may not have SIP[\s\S]*$/;

function fromStatus(error: errors.ApiError, respelled: Respelling): BarfillError {
  const { status, requestId } = error;
  const message = shorten(error.message.replace(SDK_ADVICE, ""));
  const details = { status, requestId, cause: error };
  if (status === 429)
    return new RateLimitedError(message, { ...details, retryAfterMs: retryAfterMs(error.response.headers) });
  if (status === 401 || status === 403)
    return new SourceAccessError(message, { ...details, hint: accessHint(message) });
  // An unknown symbol is no error: what is not found is the endpoint, and all other requests would be told the same.
  if (status === 404) return new SourceAccessError(`${status}: ${message}`, { ...details, hint: WRONG_ADDRESS });
  if (status === 408 || status >= 500) return new SourceUnavailableError(`${status}: ${message}`, details);
  if (/symbol/i.test(message) && status === 400) {
    const symbol = namedSymbol(message);
    const meant = symbol === undefined ? undefined : respelled(symbol);
    const advice = meant === undefined ? "" : `. Did you mean ${meant}?`;
    return new SymbolRejectedError(`${message}${advice}`, { ...details, symbol });
  }
  return new SourceRejectedError(`${status}: ${message}`, details);
}

/** `invalid symbol: BRK-B` (stocks), `Invalid symbol(s): BTC/USDdsda does not match …` (crypto). */
function namedSymbol(message: string): string | undefined {
  return /invalid symbol(?:\(s\))?: ([^\s,]+)/i.exec(message)?.[1];
}

function accessHint(message: string): string {
  if (/recent sip/i.test(message)) {
    return "This account may not ask for recent SIP bars: raise withheldTailMs to 16 minutes or more, or use the iex feed";
  }
  if (/subscription|permit/i.test(message))
    return "The subscription does not include this feed: use another, or upgrade";
  return "Check the key id and the secret key, and that they belong to this host";
}

/** `Retry-After` in seconds or as a date, else the reset of the window; `undefined` where the answer says neither. */
function retryAfterMs(headers: Headers): number | undefined {
  // So that clocks that differ do not stretch a wait; ours where the service does not say.
  const now = dateIn(headers) ?? systemClock.now();
  const header = headers.get("retry-after");
  if (header !== null) {
    const seconds = Number(header);
    const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
    if (Number.isFinite(wait)) return Math.max(0, wait);
  }
  const { resetAt } = budgetIn(headers) ?? {};
  return resetAt === undefined ? undefined : Math.max(0, resetAt - now);
}

/** When the service answered, by its own clock, in whole seconds; `undefined` where it does not say. */
export function dateIn(headers: Headers): EpochMs | undefined {
  const date = Date.parse(headers.get("date") ?? "");
  return Number.isFinite(date) ? date : undefined;
}

/** What the rate headers say; `undefined` where they are absent. */
export function budgetIn(headers: Headers): RateBudget | undefined {
  const limit = numberIn(headers, "x-ratelimit-limit");
  const remaining = numberIn(headers, "x-ratelimit-remaining");
  const resetSeconds = numberIn(headers, "x-ratelimit-reset");
  if (limit === undefined && remaining === undefined && resetSeconds === undefined) return undefined;
  const reset = resetSeconds === undefined ? {} : { resetAt: resetSeconds * 1000, toldAt: dateIn(headers) };
  return defined({ limit, remaining, ...reset });
}

function numberIn(headers: Headers, name: string): number | undefined {
  const text = headers.get(name);
  const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Proxies answer with whole HTML pages; the first words are enough. */
function shorten(message: string): string {
  const text = message
    .replace(/<[^>]*>/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}
