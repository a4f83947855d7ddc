import type { SeriesBars } from "../model/bar.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import type { EpochMs, Interval } from "../model/interval.ts";
import type { Adjustment, Feed } from "../model/series.ts";
import type { MarketHours } from "../model/session.ts";
import type { DayAnchor, Timeframe } from "../model/timeframe.ts";
import type { RateBudget } from "./rate-limiter.ts";

/** One question to the source. All of it stays the same from the first page to the last. */
export interface PageRequest {
  /** Ascending, none twice, within the source's limits. */
  readonly symbols: readonly string[];
  readonly timeframe: Timeframe;
  readonly feed: Feed;
  readonly adjustment: Adjustment;
  readonly interval: Interval;
}

/** The answer to one request. */
export interface BarPage {
  /** May be empty, in the middle too. A series is in here at most once. */
  readonly bars: readonly SeriesBars[];
  /** What this page settles, together with the pages before it. Only the source can know. */
  readonly covered: readonly CoveredSpan[];
  /** Opaque; absent on the last page, and only there. */
  readonly next?: string;
  /** What the answer said of the rate. */
  readonly budget?: RateBudget;
}

/** What a planner must know of a source. Plain values, so that a plan can be made without it. */
export interface SourceLimits {
  /** The most that one page is charged, in bars or in the minute bars beneath them. */
  readonly pageSize: number;
  /** Timeframes whose pages are charged in one-minute bars; all others are charged in their own. */
  readonly chargedInMinutes: readonly Timeframe[];
  readonly symbolsPerRequest: number;
  /** The most bytes that the symbols, percent-encoded and joined by `%2C`, may take of the URL. */
  readonly symbolBytes: number;
  /** No bar is expected before this instant. Only estimates use it: earlier intervals are asked for all the same. */
  readonly historyStart: EpochMs;
  /** How old a bar must be, counted from its end, before it may be asked for. */
  readonly withheldTailMs: number;
  readonly hours: MarketHours;
  /** Where bars of a day and longer begin. */
  readonly dayAnchor: DayAnchor;
}

/**
 * Where bars come from. One call is one request: no hidden paging, retry or throttling.
 *
 * `fetchPage` rejects with one of the `Source…` errors or {@link SymbolRejectedError}, never with an empty page,
 * and with `signal.reason` when aborted.
 */
export interface BarSource {
  /** Names the source in every series: `alpaca`. */
  readonly provider: string;
  /** The feed that plans ask for. */
  readonly feed: Feed;
  readonly limits: SourceLimits;
  fetchPage(request: PageRequest, options: { cursor?: string; signal?: AbortSignal }): Promise<BarPage>;
}
