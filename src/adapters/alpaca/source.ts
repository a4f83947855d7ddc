import type { BarPage, BarSource, PageRequest, SourceLimits } from "../../contracts/bar-source.ts";
import type { SeriesBars } from "../../model/bar.ts";
import type { CoveredSpan } from "../../model/coverage.ts";
import { defined } from "../../model/defined.ts";
import { clip, type EpochMs } from "../../model/interval.ts";
import type { Feed, Series } from "../../model/series.ts";
import { finalBefore } from "../../model/timeframe.ts";
import { bodyOf, requestIdOf } from "./body.ts";
import { SETTLING_MS } from "./options.ts";
import { budgetIn, dateIn, fromSdkError, type Respelling } from "./sdk-errors.ts";
import { settle, WALK_START, type WalkState } from "./settle.ts";
import { tickerExpected } from "./ticker.ts";
import { parsePage, toSeriesBars } from "./wire.ts";

/** Alpaca: limit 1-10000, counted over all symbols of a page. */
export const PAGE_SIZE = 10_000;

/** Observed: the service's bucket holds some 200 requests. A third of that leaves room for who else shares it. */
export const MAKE_UP = 60;

/** What the service is asked, in the SDK's words. */
export interface WireQuery {
  readonly symbols: string;
  readonly timeframe: string;
  readonly start: Date;
  /** Inclusive, unlike every end in barfill. */
  readonly end: Date;
  readonly limit: number;
  readonly pageToken?: string;
}

export interface AlpacaEndpoint {
  readonly provider: string;
  readonly feed: Feed;
  readonly limits: SourceLimits;
  readonly respelled?: Respelling;
  /** One request through the SDK; resolves with the answer unread. */
  readonly send: (query: WireQuery, request: PageRequest, init: RequestInit) => Promise<Response>;
}

/** A {@link BarSource} on one bars endpoint of Alpaca; what stocks and crypto share. */
export function alpacaSource({ provider, feed, limits, respelled, send }: AlpacaEndpoint): BarSource {
  return {
    provider,
    feed,
    limits,
    symbolExpected: tickerExpected,
    async fetchPage(request, { cursor, signal } = {}): Promise<BarPage> {
      // The SDK calls `fetch` even when it is too late.
      signal?.throwIfAborted();
      const walk = cursor === undefined ? undefined : decode(cursor);
      const response = await answerTo(request, walk?.token, signal);
      const page = parsePage(await bodyOf(response, "the answer", signal), requestIdOf(response));
      const seriesFor = (symbol: string): Series => {
        const { timeframe, feed, adjustment } = request;
        return { provider, symbol, timeframe, feed, adjustment };
      };
      const bars = [...page.bars].map(([symbol, wire]) => toSeriesBars(seriesFor(symbol), wire));
      const { covered, after } = settle(request, seriesFor, bars, page.token, walk?.state ?? WALK_START);
      const budget = budgetIn(response.headers);
      const answeredAt = dateIn(response.headers);
      return {
        ...finalPart(bars, covered, finalEnd(answeredAt, request)),
        ...(page.token === undefined ? {} : { next: encode({ token: page.token, state: after }) }),
        ...defined({ budget, answeredAt }),
      };
    },
  };

  /**
   * The end (exclusive) of the opens whose bars were over when the service answered, by its own clock: where ours is
   * ahead, we ask for bars that are forming, and an answer without them proves nothing. Of a tail that is there for
   * late trades half is left to clocks that differ. A longer one is about what may be asked for, and that was answered:
   * who planned the slice may have a shorter one, with a better subscription or for another feed.
   */
  function finalEnd(answeredAt: EpochMs | undefined, { timeframe }: PageRequest): EpochMs {
    if (answeredAt === undefined) return Number.POSITIVE_INFINITY;
    const settling = Math.min(limits.withheldTailMs, SETTLING_MS) / 2;
    return finalBefore(timeframe, answeredAt - settling, limits.dayAnchor);
  }

  async function answerTo(request: PageRequest, token: string | undefined, signal: AbortSignal | undefined) {
    const query: WireQuery = {
      symbols: request.symbols.join(","),
      timeframe: request.timeframe,
      start: new Date(request.interval.start),
      // The service's end is inclusive, and no bar opens within the last millisecond of an interval.
      end: new Date(request.interval.end - 1),
      limit: PAGE_SIZE,
      ...defined({ pageToken: token }),
    };
    try {
      return await send(query, request, defined({ signal }));
    } catch (error) {
      signal?.throwIfAborted();
      throw fromSdkError(error, respelled);
    }
  }
}

function finalPart(bars: readonly SeriesBars[], covered: readonly CoveredSpan[], end: EpochMs) {
  if (covered.every((span) => span.interval.end <= end)) return { bars, covered };
  const past = { start: Number.NEGATIVE_INFINITY, end };
  return {
    bars: bars.map((part) => ({ ...part, bars: part.bars.filter(({ openTime }) => !(openTime >= end)) })),
    covered: covered.flatMap(({ series, interval }) => {
      const final = clip(interval, past);
      return final === undefined ? [] : [{ series, interval: final }];
    }),
  };
}

/** The service's token and what the walk had settled, in one opaque string. */
interface Cursor {
  readonly token: string;
  readonly state: WalkState;
}

function encode(cursor: Cursor): string {
  return JSON.stringify(cursor);
}

function decode(cursor: string): Cursor {
  return JSON.parse(cursor) as Cursor;
}
