import type { SeriesBars } from "../model/bar.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import type { EpochMs, Interval } from "../model/interval.ts";
import type { MarketSymbol } from "../model/names.ts";
import type { Adjustment, Feed } from "../model/series.ts";
import type { MarketHours } from "../model/session.ts";
import type { DayAnchor, Timeframe } from "../model/timeframe.ts";
import type { RateBudget } from "./rate-limiter.ts";

/** One question to the source. All of it stays the same from the first page to the last. */
export interface PageRequest {
  /** Ascending, none twice, within the source's limits. */
  readonly symbols: readonly MarketSymbol[];
  /** The same for all symbols: one request has one timeframe. */
  readonly timeframe: Timeframe;
  /** Never another than the source's own `feed`. */
  readonly feed: Feed;
  /** A source that cannot adjust so rejects with {@link SourceRejectedError}. */
  readonly adjustment: Adjustment;
  /** Of the bars' open times; never empty, and older than the withheld tail. */
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
  /**
   * When the source answered, by its own clock; absent where it does not say. Where our clock was ahead, and nothing
   * that is left of a question was old enough by this one (`withheldTailMs`), it is the clock that is told of, not the
   * source.
   */
  readonly answeredAt?: EpochMs;
}

/** What a planner must know of a source. Plain values, so that a plan can be made without it. */
export interface SourceLimits {
  /** The most that one page is charged, in bars or in the minute bars beneath them. */
  readonly pageSize: number;
  /** Timeframes whose pages are charged in one-minute bars; all others are charged in their own. */
  readonly chargedInMinutes: readonly Timeframe[];
  /** The most symbols that one request may name, 1 or more. */
  readonly symbolsPerRequest: number;
  /** The most bytes that the symbols, percent-encoded and joined by `%2C`, may take of the URL. */
  readonly symbolBytes: number;
  /** No bar is expected before this instant. Only estimates use it: earlier intervals are asked for all the same. */
  readonly historyStart: EpochMs;
  /** How old a bar must be, counted from its end, before it may be asked for. */
  readonly withheldTailMs: number;
  /** Tells which days have bars, for estimates; nothing is left out because of it. */
  readonly hours: MarketHours;
  /** Where bars of a day and longer begin. */
  readonly dayAnchor: DayAnchor;
  /**
   * Requests that the service lets through beyond the rate once it was left unused for a while, because its bucket
   * holds them: so many are made up for after a hold, and so many more than the rate may leave in a minute then. A
   * whole number of 0 or more; absent: none, and no minute sees more than the rate.
   */
  readonly makeUp?: number;
}

/** Which page, and until when. */
export interface FetchPageOptions {
  /** The `next` of the page before; absent for the first one. Good for the same request alone. */
  readonly cursor?: string;
  /** Rejects with its `reason` when it aborts. */
  readonly signal?: AbortSignal;
}

/**
 * Where bars come from. One call is one request: no hidden paging, retry or throttling.
 *
 * `fetchPage` rejects with one of the `Source…` errors or {@link SymbolRejectedError}, never with an empty page,
 * and with `signal.reason` when aborted.
 */
export interface BarSource {
  /** Names the source in every series: `alpaca`. Holds no `|`. */
  readonly provider: string;
  /** The feed that plans ask for: one of Alpaca's, or a name of your own, which holds no `|`. */
  readonly feed: Feed;
  /** Planners keep to them, so that no request is refused for its size. Must not change during a backfill. */
  readonly limits: SourceLimits;
  /**
   * What is expected in place of `symbol` where this source can have none that is spelled so, such as a label;
   * `undefined` for all others, known or not. A request that names such a one is refused before anything is asked.
   * Absent: any symbol may be the source's.
   */
  symbolExpected?(symbol: MarketSymbol): string | undefined;
  /** One page of what `request` asks for. */
  fetchPage(request: PageRequest, options?: FetchPageOptions): Promise<BarPage>;
}
