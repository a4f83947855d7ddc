import PQueue from "p-queue";
import type { Asset, AssetList } from "../contracts/asset-list.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { Healed } from "../executor/until-healed.ts";
import type { CoveredSpan } from "../model/coverage.ts";
import { groupBy } from "../model/group-by.ts";
import { type EpochMs, type Interval, merge } from "../model/interval.ts";
import type { EmptyReason, EmptySeries } from "../model/report.ts";
import { type Series, seriesKey } from "../model/series.ts";
import { DAY_MS } from "../model/units.ts";

/** A shorter silence tells nothing of a listing: thin names pass days without a trade. */
const LONG_MS = 14 * DAY_MS;

/** The edges of what a `Date` holds. */
const EVER: Interval = { start: -8.64e15, end: 8.64e15 };

/** What is known of a series that has no bar in `interval`. */
export interface Silence {
  readonly interval: Interval;
  /** What a list of assets says; `unknown` where there is one and the symbol is not in it, absent without a list. */
  readonly asset?: Asset | "unknown" | undefined;
  /** Bars of the series are held before the interval, or after it. */
  readonly heldBefore: boolean;
  readonly heldAfter: boolean;
  readonly historyStart: EpochMs;
  readonly now: EpochMs;
}

/** The same whatever bars are held around the interval, where that is so. */
function reasonAnyway(known: Omit<Silence, "heldBefore" | "heldAfter">): EmptyReason | undefined {
  const either = [false, true];
  const reasons = either.flatMap((heldBefore) =>
    either.map((heldAfter) => reasonOf({ ...known, heldBefore, heldAfter })),
  );
  return reasons.every((reason) => reason === reasons[0]) ? reasons[0] : undefined;
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
  readonly healed: Healed;
}

/** Some hundred a second of a database nearby, and room in a pool of ten. */
const READS_AT_ONCE = 8;

/** Which of `silent` have no bar in any span that was wanted of them, held from before either, and why. */
export async function emptySeries(
  silent: readonly Series[],
  wanted: readonly CoveredSpan[],
  { store, assets, historyStart, now, onListFailing, healed }: SilenceContext,
): Promise<EmptySeries[]> {
  const spans = groupBy(wanted, ({ series }) => seriesKey(series));
  const candidates = silent.flatMap((series) => {
    const intervals = merge(spans.get(seriesKey(series))?.map(({ interval }) => interval) ?? []);
    const [first, last] = [intervals[0], intervals.at(-1)];
    return first === undefined || last === undefined ? [] : [{ series, intervals, first, last }];
  });
  const found = await someAtOnce(candidates, async (candidate) => {
    for (const interval of candidate.intervals) if (await hasBars(candidate.series, interval)) return [];
    return [candidate];
  });
  const list = found.length === 0 ? undefined : await healed(listOf);
  return someAtOnce(found, async ({ series, first, last }) => {
    const asset = list === undefined ? undefined : (list.get(series.symbol) ?? "unknown");
    const interval = { start: first.start, end: last.end };
    const known: Omit<Silence, "heldBefore" | "heldAfter"> = { asset, interval, historyStart, now };
    const why =
      reasonAnyway(known) ??
      reasonOf({
        ...known,
        // Bars between two spans are both.
        heldBefore: await hasBars(series, { start: EVER.start, end: last.start }),
        heldAfter: await hasBars(series, { start: first.end, end: EVER.end }),
      });
    return [{ ...series, why }];
  });

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

  function hasBars(series: Series, within: Interval): Promise<boolean> {
    return healed(async () => {
      for await (const _ of store.read(series, within)) return true;
      return false;
    });
  }
}

/**
 * What `each` makes of `all`, in their order. Begins nothing more once one of them rejects, and rejects with that when
 * those under way are over.
 */
async function someAtOnce<T, R>(all: readonly T[], each: (one: T) => Promise<readonly R[]>): Promise<R[]> {
  const reads = new PQueue({ concurrency: READS_AT_ONCE });
  try {
    return (await reads.addAll(all.map((one) => () => each(one)))).flat();
  } finally {
    reads.clear();
    await reads.onIdle();
  }
}
