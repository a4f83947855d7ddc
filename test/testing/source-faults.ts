import type {
  BarPage,
  BarSource,
  FetchPageOptions,
  PageRequest,
  SourceLimits,
} from "../../src/contracts/bar-source.ts";
import type { SeriesBars } from "../../src/model/bar.ts";
import type { CoveredSpan } from "../../src/model/coverage.ts";
import type { SourceContext } from "../../src/testing/conformance/index.ts";
import { makeBars, minutes, OPEN } from "../../src/testing/conformance/store/fixtures.ts";
import { scriptedSource } from "../../src/testing/scripted-source.ts";
import type { Fault } from "./fault.ts";

const [A, B, C] = ["AAA", "BBB", "CCC"] as const;

/** Three symbols, the second without bars, in pages of three; one bar more opens right at the end. */
export function scripted(): SourceContext {
  const request: PageRequest = {
    symbols: [A, B, C],
    timeframe: "1Min",
    feed: "us",
    adjustment: "raw",
    interval: minutes(0, 10),
  };
  const source = scriptedSource({ bars: { [A]: makeBars(0, 11), [C]: makeBars(2, 11) } });
  return { source, request, barCounts: { [A]: 10, [C]: 8 }, withoutBars: minutes(-20, -10) };
}

type Answer = (
  request: PageRequest,
  options: FetchPageOptions,
  fetchPage: BarSource["fetchPage"],
) => BarPage | Promise<BarPage>;

const asking =
  (answer: Answer) =>
  (source: BarSource): BarSource => ({
    ...source,
    fetchPage: async (request, options = {}) => answer(request, options, source.fetchPage),
  });

const answering = (change: (page: BarPage, request: PageRequest, cursor: string | undefined) => BarPage) =>
  asking(async (request, options, fetchPage) => change(await fetchPage(request, options), request, options.cursor));

const withParts = (change: (part: SeriesBars) => SeriesBars) =>
  answering((page) => ({ ...page, bars: page.bars.map(change) }));

const withSpans = (change: (span: CoveredSpan) => CoveredSpan | readonly CoveredSpan[]) =>
  answering((page) => ({ ...page, covered: page.covered.flatMap(change) }));

const withLimits =
  (limits: Partial<Record<keyof SourceLimits, unknown>>) =>
  (source: BarSource): BarSource => ({
    ...source,
    limits: { ...source.limits, ...limits } as SourceLimits,
  });

const isOf = (symbol: string) => (entry: { readonly series: { readonly symbol: string } }) =>
  entry.series.symbol === symbol;

const wholeOf = ({ symbols, interval, timeframe, feed, adjustment }: PageRequest): CoveredSpan[] =>
  symbols.map((symbol) => ({ series: { provider: "scripted", symbol, timeframe, feed, adjustment }, interval }));

/** As by a source that keeps its place in itself: an answer depends on who asked before. */
function inItself(source: BarSource): BarSource {
  let place: string | undefined;
  return {
    ...source,
    async fetchPage(request, { cursor, signal } = {}) {
      const at = cursor === undefined ? undefined : place;
      const page = await source.fetchPage(request, {
        ...(at === undefined ? {} : { cursor: at }),
        ...(signal && { signal }),
      });
      place = page.next;
      return page;
    },
  };
}

/** Cursors of one walk each: what is used again is answered by `again`. */
function goodOnce(again: (request: PageRequest, fetchPage: BarSource["fetchPage"]) => Promise<BarPage>) {
  return (source: BarSource): BarSource => {
    let given = 0;
    const used = new Set<string>();
    return asking(async (request, { cursor, signal }, fetchPage) => {
      if (cursor !== undefined && used.has(cursor)) return again(request, fetchPage);
      if (cursor !== undefined) used.add(cursor);
      const at = cursor?.split(":")[1];
      const page = await fetchPage(request, { ...(at && { cursor: at }), ...(signal && { signal }) });
      return page.next === undefined ? page : { ...page, next: `${given++}:${page.next}` };
    })(source);
  };
}

/** All that ask for every page. */
const WALKS = ["B03", ...Array.from({ length: 14 }, (_, i) => `B${String(i + 5).padStart(2, "0")}`)];

export const sourceFaults: readonly Fault<BarSource>[] = [
  {
    name: "a bar in the provider's name",
    breaks: ["B01", "B08", "B12", "B13", "B15"],
    plant: (source) => ({ ...source, provider: "scripted|2" }),
  },
  { name: "another feed than it answers with", breaks: ["B01"], plant: (source) => ({ ...source, feed: "eu" }) },
  ...(
    [
      { pageSize: Number.NaN },
      { symbolsPerRequest: 0 },
      { symbolBytes: undefined },
      { historyStart: Number.NEGATIVE_INFINITY },
      { withheldTailMs: -1 },
      { makeUp: 0.5 },
      { chargedInMinutes: ["m5"] },
      { hours: "xetra" },
      { dayAnchor: "utc" },
    ] as const
  ).map((limits) => ({
    name: `limits of ${Object.entries(limits).flat().join(" ")}`,
    breaks: ["B02"],
    plant: withLimits(limits),
  })),
  {
    name: "limits that a page changes",
    breaks: ["B03"],
    plant(source) {
      let pageSize = 3;
      return {
        ...source,
        get limits() {
          return { ...source.limits, pageSize };
        },
        fetchPage(request, options) {
          pageSize++;
          return source.fetchPage(request, options);
        },
      };
    },
  },
  {
    name: "symbols of three letters taken for labels",
    breaks: ["B04"],
    plant: (source) => ({ ...source, symbolExpected: (symbol) => (symbol.length === 3 ? "four letters" : undefined) }),
  },
  {
    name: "a cursor on the last page, which leads to the first",
    breaks: WALKS,
    plant: answering((page) => ({ ...page, next: page.next ?? "0" })),
  },
  {
    name: "pages that never end, empty after the last",
    breaks: WALKS,
    plant: asking(async (request, { cursor, signal }, fetchPage) => {
      const page = await fetchPage(request, { ...(cursor && { cursor }), ...(signal && { signal }) });
      return { ...page, next: page.next ?? String(Number(cursor ?? 0) + 100) };
    }),
  },
  {
    name: "page one taken for the whole answer",
    breaks: ["B06", "B07", "B11"],
    plant: answering(({ bars }, request) => ({ bars, covered: wholeOf(request) })),
  },
  {
    name: "the last symbol dropped from the answer, and claimed",
    breaks: ["B07"],
    plant: answering((page) => ({ ...page, bars: page.bars.filter((part) => !isOf(C)(part)) })),
  },
  {
    name: "the series of another timeframe",
    breaks: ["B08"],
    plant: withParts((part) => ({ ...part, series: { ...part.series, timeframe: "5Min" } })),
  },
  {
    name: "a series in two parts",
    breaks: ["B08"],
    plant: answering((page) => ({
      ...page,
      bars: page.bars.flatMap(({ series, bars }) => [
        { series, bars: bars.slice(0, 1) },
        { series, bars: bars.slice(1) },
      ]),
    })),
  },
  {
    name: "bars that descend",
    breaks: ["B09", "B11"],
    plant: withParts((part) => ({ ...part, bars: [...part.bars].reverse() })),
  },
  {
    name: "an end that is taken to be inside",
    breaks: ["B07", "B10", "B11", "B13"],
    plant: asking((request, options, fetchPage) => {
      const { start, end } = request.interval;
      return fetchPage({ ...request, interval: { start, end: end + 1 } }, options);
    }),
  },
  {
    name: "a start that is taken to be outside",
    breaks: ["B07", "B11"],
    plant: asking(async (request, options, fetchPage) => {
      const { start, end } = request.interval;
      const page = await fetchPage({ ...request, interval: { start: start + 1, end } }, options);
      return page.next === undefined ? { ...page, covered: wholeOf(request) } : page;
    }),
  },
  {
    name: "times with a fraction",
    breaks: ["B10", "B11"],
    plant: withParts((part) => ({ ...part, bars: part.bars.map((bar) => ({ ...bar, openTime: bar.openTime + 0.5 })) })),
  },
  {
    name: "a symbol without bars that is never settled",
    breaks: ["B12", "B15"],
    plant: withSpans((span) => (isOf(B)(span) ? [] : span)),
  },
  {
    name: "settled to the last bar, and no further",
    breaks: ["B12", "B15"],
    plant: answering((page) => ({
      ...page,
      covered: page.covered.flatMap((span) => {
        const last = page.bars.find(isOf(span.series.symbol))?.bars.at(-1);
        return last ? { ...span, interval: { ...span.interval, end: last.openTime } } : [];
      }),
    })),
  },
  {
    name: "nothing settled where nothing came",
    breaks: ["B15"],
    plant: answering((page) => (page.bars.every(({ bars }) => bars.length === 0) ? { ...page, covered: [] } : page)),
  },
  {
    name: "the hour settled in place of what was asked",
    breaks: ["B13", "B14"],
    plant: withSpans(({ series }) => ({ series, interval: { start: OPEN - 3_600_000, end: OPEN + 3_600_000 } })),
  },
  {
    name: "a series settled that was not asked for",
    breaks: ["B13"],
    plant: withSpans((span) => [span, { ...span, series: { ...span.series, symbol: "ZZZ" } }]),
  },
  {
    name: "all settled by every page",
    breaks: ["B14"],
    plant: answering((page, request) => ({ ...page, covered: wholeOf(request) })),
  },
  {
    name: "the last bar invented before the history",
    breaks: ["B15"],
    plant: answering((page, { interval }) => ({
      ...page,
      bars: page.bars.map((part) => (interval.start < OPEN ? { ...part, bars: makeBars(-15, -14) } : part)),
    })),
  },
  {
    name: "prices that are made up anew",
    breaks: ["B11", "B16", "B17", "B18"],
    plant(source) {
      let close = 10;
      return withParts((part) => ({ ...part, bars: part.bars.map((bar) => ({ ...bar, close: close++ })) }))(source);
    },
  },
  {
    name: "a cursor that is good once, and then begins anew",
    breaks: ["B17"],
    plant: goodOnce((request, fetchPage) => fetchPage(request)),
  },
  {
    name: "a cursor that is good once, and then an error of nobody",
    breaks: ["B17"],
    plant: goodOnce(() => Promise.reject(new TypeError("the iterator is over"))),
  },
  { name: "its place kept in itself", breaks: ["B17", "B18"], plant: inItself },
  {
    name: "a signal that is not passed on",
    breaks: ["B19", "B20"],
    plant: asking((request, { cursor }, fetchPage) => fetchPage(request, cursor === undefined ? {} : { cursor })),
  },
  {
    name: "a signal that is looked at before the call alone",
    breaks: ["B20"],
    plant: asking((request, { cursor, signal }, fetchPage) => {
      signal?.throwIfAborted();
      return fetchPage(request, cursor === undefined ? {} : { cursor });
    }),
  },
  {
    name: "a signal that is told apart from its reason",
    breaks: ["B19", "B20"],
    plant: asking((request, options, fetchPage) =>
      fetchPage(request, options).catch((error: unknown) => {
        throw options.signal?.aborted ? new DOMException("This operation was aborted", "AbortError") : error;
      }),
    ),
  },
];
