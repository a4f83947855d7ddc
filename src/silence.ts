import type { Asset, AssetList } from "./contracts/asset-list.ts";
import type { BarStore } from "./contracts/bar-store.ts";
import type { CoveredSpan } from "./model/coverage.ts";
import { groupBy } from "./model/group-by.ts";
import { type EpochMs, type Interval, merge } from "./model/interval.ts";
import { DAY_MS } from "./model/new-york.ts";
import type { EmptyReason, EmptySeries } from "./model/report.ts";
import { type Series, seriesKey } from "./model/series.ts";

/** A shorter silence tells nothing of a listing: thin names pass days without a trade. */
const LONG_MS = 14 * DAY_MS;

/** The edges of what a `Date` holds. */
const EVER: Interval = { start: -8.64e15, end: 8.64e15 };

/** What is known of a series that has no bar in `interval`. */
export interface Silence {
  readonly interval: Interval;
  /** What a list of assets says; `unknown` where there is one and the symbol is not in it, absent without a list. */
  readonly asset?: Asset | "unknown";
  /** Bars of the series are held before the interval, or after it. */
  readonly heldBefore: boolean;
  readonly heldAfter: boolean;
  readonly historyStart: EpochMs;
  readonly now: EpochMs;
}

/** Why a series has no bar, as far as it can be told; `no-bars` where it cannot. Pure. */
export function reasonOf({ interval, asset, heldBefore, heldAfter, historyStart, now }: Silence): EmptyReason {
  const { start, end } = interval;
  const listed = typeof asset === "object" ? asset : undefined;
  if (end <= (listed?.listedAt ?? Number.NEGATIVE_INFINITY)) return "before-listing";
  if (start >= (listed?.delistedAt ?? Number.POSITIVE_INFINITY)) return "after-delisting";
  if (end <= historyStart) return "before-history";
  if (heldBefore && heldAfter) return "no-trades";
  const isLong = end - start >= LONG_MS;
  if (heldAfter) return isLong ? "before-listing" : "no-trades";
  if (heldBefore) return isLong && !listed?.isListed ? "after-delisting" : "no-trades";
  if (asset === "unknown") return "unknown";
  // Whether it is listed today tells of an interval that reaches to today, and of no other.
  if (listed === undefined || end < now - LONG_MS) return "no-bars";
  return listed.isListed ? "no-trades" : "after-delisting";
}

export interface SilenceContext {
  readonly store: BarStore;
  readonly assets?: AssetList | undefined;
  readonly historyStart: EpochMs;
  readonly now: EpochMs;
  /** Hears of a list that could not be had; the reasons are told without it. */
  readonly onListFailing: (error: unknown) => void;
}

/** Which of `silent` have no bar in any span that was wanted of them, held from before either, and why. */
export async function emptySeries(
  silent: readonly Series[],
  wanted: readonly CoveredSpan[],
  { store, assets, historyStart, now, onListFailing }: SilenceContext,
): Promise<EmptySeries[]> {
  const spans = groupBy(wanted, ({ series }) => seriesKey(series));
  const found: { readonly series: Series; readonly first: Interval; readonly last: Interval }[] = [];
  for (const series of silent) {
    const intervals = merge(spans.get(seriesKey(series))?.map(({ interval }) => interval) ?? []);
    const [first, last] = [intervals[0], intervals.at(-1)];
    if (first === undefined || last === undefined) continue;
    let isEmpty = true;
    for (const interval of intervals) isEmpty &&= !(await hasBars(series, interval));
    if (isEmpty) found.push({ series, first, last });
  }
  const list = found.length === 0 ? undefined : await listOf();
  const empty: EmptySeries[] = [];
  for (const { series, first, last } of found) {
    const asset = list === undefined ? undefined : (list.get(series.symbol) ?? "unknown");
    const why = reasonOf({
      ...(asset === undefined ? {} : { asset }),
      interval: { start: first.start, end: last.end },
      // Bars between two spans are both.
      heldBefore: await hasBars(series, { start: EVER.start, end: last.start }),
      heldAfter: await hasBars(series, { start: first.end, end: EVER.end }),
      historyStart,
      now,
    });
    empty.push({ ...series, why });
  }
  return empty;

  async function listOf(): Promise<ReadonlyMap<string, Asset> | undefined> {
    if (assets === undefined) return undefined;
    try {
      // One name may have been several papers'. The one that is traded now is meant, wherever in the list it is.
      const byListing = [...(await assets())].sort((a, b) => Number(a.isListed) - Number(b.isListed));
      return new Map(byListing.map((asset) => [asset.symbol, asset]));
    } catch (error) {
      onListFailing(error);
      return undefined;
    }
  }

  async function hasBars(series: Series, within: Interval): Promise<boolean> {
    for await (const _ of store.read(series, within)) return true;
    return false;
  }
}
