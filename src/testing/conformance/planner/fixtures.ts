import type { SourceLimits } from "../../../contracts/bar-source.ts";
import type { Gap } from "../../../model/coverage.ts";
import { type Interval, merge } from "../../../model/interval.ts";
import { type Series, seriesKey } from "../../../model/series.ts";
import { calendarFor } from "../../../model/session.ts";
import { type Slice, seriesOf } from "../../../model/slice.ts";
import { timeIn } from "../../../model/time-in.ts";
import { INITIAL_COST_MODEL } from "../../../planners/cost-model.ts";
import type { PlanInput } from "../../../planners/planner.ts";
import type { PlannerContext } from "../conformance-case.ts";

/** New York's hours, small pages, longer bars charged in minutes. */
const STOCKS: SourceLimits = {
  pageSize: 1000,
  chargedInMinutes: ["5Min", "15Min", "30Min", "1Hour", "4Hour"],
  symbolsPerRequest: 20,
  symbolBytes: 7000,
  historyStart: Date.UTC(2016, 0, 1),
  withheldTailMs: 960_000,
  hours: "nyse",
  dayAnchor: "new-york",
};

/** A market that never closes. */
const CRYPTO: SourceLimits = {
  ...STOCKS,
  chargedInMinutes: [],
  historyStart: Date.UTC(2021, 0, 1),
  hours: "always",
  dayAnchor: "unknown",
};

const TICKERS = ["MSFT", "AAPL", "BRK.B", "BTC/USD", "Z", "A", "AA"] as const;

function gapOf(symbol: string, intervals: readonly Interval[], more: Partial<Series> = {}): Gap {
  const series = { provider: "test", symbol, timeframe: "1Min", feed: "sip", adjustment: "raw", ...more } as const;
  return { series, intervals };
}

const at = (time: string): number => Date.parse(`${time}Z`);
const YEAR: Interval = { start: at("2023-01-01T05:00"), end: at("2024-01-01T05:00") };

/** What there may be to plan, by name. All gaps ascend and do not touch, as a backfill's do. */
const GAPS: Readonly<Record<string, readonly Gap[]>> = {
  "one day of one symbol": [gapOf("AAPL", [{ start: at("2024-01-02T05:00"), end: at("2024-01-03T05:00") }])],
  "a year of seven symbols": TICKERS.map((symbol) => gapOf(symbol, [YEAR])),
  "ends at any minute, several holes, nights and weekends, before the history": TICKERS.map((symbol, i) =>
    gapOf(symbol, [
      { start: at("2015-12-30T23:58"), end: at("2016-01-05T14:31") + i * 61_000 },
      { start: at("2020-03-07T00:00"), end: at("2020-03-08T12:00") },
      { start: at("2021-06-01T14:30"), end: at("2021-06-01T14:31") },
    ]),
  ),
  "a millisecond": [gapOf("AAPL", [{ start: at("2024-01-02T15:00"), end: at("2024-01-02T15:00") + 1 }])],
  "two timeframes, feeds and adjustments": TICKERS.flatMap((symbol) => [
    gapOf(symbol, [YEAR], { timeframe: "1Day" }),
    gapOf(symbol, [YEAR], { timeframe: "1Hour", feed: "iex" }),
    gapOf(symbol, [YEAR], { timeframe: "1Hour", feed: "iex", adjustment: "split" }),
  ]),
  "three years of fifty symbols": Array.from({ length: 50 }, (_, i) =>
    gapOf(`S${i}`, [{ start: at("2021-01-01T05:00"), end: at("2024-01-01T05:00") }], { timeframe: "1Day" }),
  ),
};

/** What can be planned, and what it is called. */
export interface Scene {
  readonly name: string;
  readonly input: PlanInput;
}

/** Every list of gaps under every bound: the source's, few symbols a request, and short ones. */
export function scenes({ limits }: PlannerContext, more: Partial<PlanInput> = {}): Scene[] {
  const sources = limits === undefined ? [STOCKS, CRYPTO] : [limits];
  const bounds = sources.flatMap((source) => [
    source,
    { ...source, symbolsPerRequest: Math.min(2, source.symbolsPerRequest) },
    { ...source, symbolBytes: Math.min(14, source.symbolBytes) },
  ]);
  return bounds.flatMap((bound) => {
    const parts = { limits: bound, calendar: calendarFor(bound.hours), cost: INITIAL_COST_MODEL, priority: 0, ...more };
    // A planner that changes what it is given changes its own.
    return Object.entries(GAPS).map(([name, gaps]) => ({ name, input: { ...parts, gaps: structuredClone(gaps) } }));
  });
}

/** Every slice that is cut of the scenes. */
export function* slicesOf(
  context: PlannerContext,
  more?: Partial<PlanInput>,
): Generator<Scene & { readonly slice: Slice }> {
  for (const scene of scenes(context, more)) {
    for (const slice of context.planner(scene.input)) yield { ...scene, slice };
  }
}

/** What the slices ask of every series, as it comes: not merged, in no order. */
export function askedBySeries(slices: readonly Slice[]): Map<string, Interval[]> {
  const asked = new Map<string, Interval[]>();
  for (const slice of slices) {
    for (const key of seriesOf(slice).map(seriesKey)) {
      const spans = asked.get(key);
      if (spans === undefined) asked.set(key, [slice.interval]);
      else spans.push(slice.interval);
    }
  }
  return asked;
}

/** Whether no two of `intervals` share an instant. */
export function areApart(intervals: readonly Interval[]): boolean {
  return timeIn(merge(intervals)) === timeIn(intervals);
}
