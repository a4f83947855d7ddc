import type { BarPage, BarSource, PageRequest, SourceLimits } from "../contracts/bar-source.ts";
import type { Bar } from "../model/bar.ts";
import { defined } from "../model/defined.ts";
import { contains, type EpochMs } from "../model/interval.ts";
import type { Series } from "../model/series.ts";
import { earliestNextOpen } from "../model/timeframe.ts";

/** One call of `fetchPage`. */
export interface ScriptedCall {
  /** 1 for the first call. */
  readonly call: number;
  /** As the caller put it. */
  readonly request: PageRequest;
  /** Absent on the first page of a question. */
  readonly cursor?: string;
}

/** What a {@link scriptedSource} holds, and how it misbehaves. */
export interface ScriptedSourceOptions {
  /** By symbol, ascending; the same bars in every timeframe. */
  readonly bars: Readonly<Record<string, readonly Bar[]>>;
  /** Bars a page, over all symbols; default 3. */
  readonly pageSize?: number;
  /**
   * What happens instead of an honest answer: throw or return an error to reject with it, return a page to answer with
   * it, return nothing to answer honestly. May wait.
   */
  readonly script?: (
    call: ScriptedCall,
    honest: () => BarPage,
  ) => BarPage | Error | undefined | Promise<BarPage | Error | undefined>;
  /** In place of none at all: open around the clock, nothing withheld, as many symbols as you like. */
  readonly limits?: Partial<SourceLimits>;
}

/** A {@link BarSource} of a few bars that misbehaves on cue, for tests of whatever stands on a source. */
export interface ScriptedSource extends BarSource {
  /** Every call so far, in order. */
  readonly calls: readonly ScriptedCall[];
}

const NO_LIMITS: Omit<SourceLimits, "pageSize"> = {
  chargedInMinutes: [],
  symbolsPerRequest: Number.MAX_SAFE_INTEGER,
  symbolBytes: Number.MAX_SAFE_INTEGER,
  historyStart: 0,
  withheldTailMs: 0,
  hours: "always",
  dayAnchor: "unknown",
};

/** Serves symbols in the order of the request, each to its end, as far as a page reaches. */
export function scriptedSource({ bars, pageSize = 3, script, limits }: ScriptedSourceOptions): ScriptedSource {
  const calls: ScriptedCall[] = [];
  return {
    provider: "scripted",
    feed: "us",
    limits: { ...NO_LIMITS, pageSize, ...limits },
    calls,
    async fetchPage(request, { cursor, signal } = {}) {
      const call: ScriptedCall = { call: calls.length + 1, request, ...defined({ cursor }) };
      calls.push(call);
      const honest = () => pageAt(bars, request, Number(cursor ?? 0), pageSize);
      const instead = await script?.(call, honest);
      signal?.throwIfAborted();
      if (instead instanceof Error) throw instead;
      return instead ?? honest();
    },
  };
}

/** The page that begins at bar number `from` of the whole answer. */
function pageAt(bars: ScriptedSourceOptions["bars"], request: PageRequest, from: number, pageSize: number): BarPage {
  const { symbols, interval, timeframe, feed, adjustment } = request;
  const seriesOf = (symbol: string): Series => ({ provider: "scripted", symbol, timeframe, feed, adjustment });
  const all = symbols.flatMap((symbol) =>
    (bars[symbol] ?? []).filter((bar) => contains(interval, bar.openTime)).map((bar) => ({ symbol, bar })),
  );
  const page = all.slice(from, from + pageSize);
  const last = page.at(-1);
  const isLast = from + pageSize >= all.length;
  const settledTo = (symbol: string): EpochMs => {
    const isPast = symbols.indexOf(symbol) < symbols.indexOf(last?.symbol ?? "");
    if (isLast || isPast) return interval.end;
    return symbol === last?.symbol
      ? Math.min(interval.end, earliestNextOpen(timeframe, last.bar.openTime))
      : interval.start;
  };
  return {
    bars: symbols.map((symbol) => ({
      series: seriesOf(symbol),
      bars: page.filter((one) => one.symbol === symbol).map((one) => one.bar),
    })),
    covered: symbols
      .map((symbol) => ({ series: seriesOf(symbol), interval: { start: interval.start, end: settledTo(symbol) } }))
      .filter(({ interval: { start, end } }) => start < end),
    ...(isLast ? {} : { next: String(from + pageSize) }),
  };
}
