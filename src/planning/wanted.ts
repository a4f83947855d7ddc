import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import { type CoveredSpan, type Gap, gapsOf } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import { clip, type EpochMs, type Interval, subtract } from "../model/interval.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { type Slice, seriesOf } from "../model/slice.ts";
import { finalBefore, type Timeframe } from "../model/timeframe.ts";
import type { ResolvedRequest } from "../options/request.ts";

/** What a request asks for, series by series, at one moment. */
export interface Wanted {
  /** All that was asked for, request by request, by timeframe and then symbol. */
  readonly series: readonly Series[];
  /** What may be asked for now; a series that may not be asked for at all is not in here. */
  readonly askable: readonly CoveredSpan[];
  /** What is too recent to be final or allowed. */
  readonly withheld: readonly CoveredSpan[];
}

/** Splits what `request` wants at the last bar that is final at `now`, less the source's withheld tail. */
export function wantedOf(request: ResolvedRequest, source: BarSource, now: EpochMs): Wanted {
  const series: Series[] = [];
  const askable: CoveredSpan[] = [];
  const withheld: CoveredSpan[] = [];
  for (const timeframe of request.timeframes) {
    const final = finalEnd(timeframe, source, now);
    const end = request.end ?? Math.max(request.start, final);
    const open = clip({ start: request.start, end }, { start: Number.NEGATIVE_INFINITY, end: final });
    const tail = clip({ start: request.start, end }, { start: final, end: Number.POSITIVE_INFINITY });
    for (const symbol of request.symbols) {
      const one = { provider: source.provider, symbol, timeframe, feed: source.feed, adjustment: request.adjustment };
      series.push(one);
      if (open !== undefined) askable.push({ series: one, interval: open });
      if (tail !== undefined) withheld.push({ series: one, interval: tail });
    }
  }
  return { series, askable, withheld };
}

/** The end (exclusive) of what may be asked of `source` at `now`. */
export function finalEnd(timeframe: Timeframe, { limits }: BarSource, now: EpochMs): EpochMs {
  return finalBefore(timeframe, now - limits.withheldTailMs, limits.dayAnchor);
}

/** What slices will fetch, by series: a queue of many is gone through once, however many gaps are asked about. */
export interface PlannedSpans {
  add(slices: readonly Slice[]): void;
  /** `gaps` less what was added. */
  without(gaps: readonly Gap[]): readonly Gap[];
  /** Whether `slice` asks for a part of what was added. */
  share(slice: Slice): boolean;
  /** Whether a part of what was added is of `series` and within `within`. */
  take(series: Series, within: Interval): boolean;
}

export function plannedSpans(): PlannedSpans {
  const planned = new Map<string, Interval[]>();
  return {
    add(slices) {
      for (const slice of slices) {
        for (const key of seriesOf(slice).map(seriesKey)) {
          const intervals = planned.get(key);
          if (intervals === undefined) planned.set(key, [slice.interval]);
          else intervals.push(slice.interval);
        }
      }
    },
    without(gaps) {
      if (planned.size === 0) return gaps;
      return gaps.flatMap(({ series, intervals }) => {
        const rest = subtract(intervals, planned.get(seriesKey(series)) ?? []);
        return rest.length === 0 ? [] : [{ series, intervals: rest }];
      });
    },
    share: (slice) => seriesOf(slice).some((series) => take(series, slice.interval)),
    take,
  };

  function take(series: Series, within: Interval): boolean {
    const intervals = planned.get(seriesKey(series)) ?? [];
    return intervals.some((interval) => clip(interval, within) !== undefined);
  }
}

/** What `store` lacks of `wanted`: one gap a series that lacks something. */
export async function gapsIn(store: BarStore, wanted: readonly CoveredSpan[]): Promise<Gap[]> {
  const gaps: Gap[] = [];
  for (const spans of groupBy(wanted, ({ interval }) => `${interval.start}-${interval.end}`).values()) {
    const [first] = spans;
    const coverage = await store.coverage(
      spans.map((span) => span.series),
      first.interval,
    );
    gaps.push(...gapsOf(spans, coverage));
  }
  return gaps;
}
