import type { SourceLimits } from "../../src/contracts/bar-source.ts";
import type { Gap } from "../../src/model/coverage.ts";
import type { Interval } from "../../src/model/interval.ts";
import type { Series } from "../../src/model/series.ts";
import { calendarFor } from "../../src/model/session.ts";
import { INITIAL_COST_MODEL } from "../../src/planners/cost-model.ts";
import type { PlanInput } from "../../src/planners/planner.ts";

/** A source as stocks sources are: pages of 10,000, longer intraday bars charged in minutes. */
export const STOCKS: SourceLimits = {
  pageSize: 10_000,
  chargedInMinutes: ["5Min", "15Min", "30Min", "1Hour", "4Hour"],
  symbolsPerRequest: Number.MAX_SAFE_INTEGER,
  symbolBytes: 7000,
  historyStart: Date.UTC(2016, 0, 1),
  withheldTailMs: 960_000,
  hours: "nyse",
  dayAnchor: "new-york",
};

/** A source as crypto sources are: no session ever ends, nothing is charged but the bars. */
export const CRYPTO: SourceLimits = {
  ...STOCKS,
  chargedInMinutes: [],
  historyStart: Date.UTC(2021, 0, 1),
  hours: "always",
  dayAnchor: "unknown",
};

export const day = (date: string): number => Date.parse(`${date}T00:00:00Z`);

export const span = (start: string, end: string): Interval => ({ start: day(start), end: day(end) });

export const seriesOfSymbol = (symbol: string, more: Partial<Series> = {}): Series => ({
  provider: "test",
  symbol,
  timeframe: "1Min",
  feed: "sip",
  adjustment: "raw",
  ...more,
});

export const gap = (symbol: string, intervals: readonly Interval[], more: Partial<Series> = {}): Gap => ({
  series: seriesOfSymbol(symbol, more),
  intervals,
});

/** `S0`, `S1`, … in numeric order, which is not the order that slices keep. */
export const tickers = (count: number): string[] => Array.from({ length: count }, (_, i) => `S${i}`);

export function inputOf(gaps: readonly Gap[], more: Partial<PlanInput> = {}): PlanInput {
  const limits = more.limits ?? STOCKS;
  return { gaps, limits, calendar: calendarFor(limits.hours), cost: INITIAL_COST_MODEL, priority: 0, ...more };
}
