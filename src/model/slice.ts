import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { CoveredSpan } from "./coverage.ts";
import type { EpochMs, Interval } from "./interval.ts";
import type { Label, MarketSymbol } from "./names.ts";
import type { Adjustment, Feed, Series } from "./series.ts";
import type { Timeframe } from "./timeframe.ts";

/** The unit of work: some symbols × one timeframe × one interval. What a worker leases. */
export interface Slice {
  /** Made of everything below but `priority` and `estimate`: the same work has the same id, in any process. */
  readonly id: string;
  /** The source that is to be asked; workers of another leave it alone. */
  readonly provider: string;
  /** The job it serves; never a symbol. */
  readonly label?: Label;
  /** At least one, ascending by code unit, none twice. */
  readonly symbols: readonly MarketSymbol[];
  /** One a slice. */
  readonly timeframe: Timeframe;
  /** Of the source when the plan was made. */
  readonly feed: Feed;
  /** Of past prices, for all its series. */
  readonly adjustment: Adjustment;
  /** Of open times, never empty. What is covered of it by then is left out when it is worked, save with `again`. */
  readonly interval: Interval;
  /**
   * Asks for what is covered too, for revisions; the instant, in ms since the epoch, up to which it looks back. What is
   * covered says nothing of how far such a slice has come: one that is stopped ends, and leaves its rest to new slices;
   * one that fails, or whose worker dies, starts again.
   */
  readonly again?: EpochMs;
  /** Higher is leased first. */
  readonly priority: number;
  /** Expected bars, and expected pages with the half-empty last one. */
  readonly estimate: { readonly bars: number; readonly pages: number };
}

/** The slice of `parts` with its id. */
export function makeSlice(parts: Omit<Slice, "id">): Slice {
  const text = [
    parts.provider,
    parts.label ?? "",
    parts.timeframe,
    parts.feed,
    parts.adjustment,
    parts.interval.start,
    parts.interval.end,
    parts.symbols.join(","),
    ...(parts.again === undefined ? [] : [`again ${parts.again}`]),
  ].join("|");
  // 128 bits: a collision among a billion slices is less likely than one in 10^20. Last, so that no other id wins.
  return { ...parts, id: bytesToHex(sha256(utf8ToBytes(text)).subarray(0, 16)) };
}

/** The series that `slice` holds, one a symbol, in the order of its symbols. */
export function seriesOf(slice: Slice): Series[] {
  const { provider, timeframe, feed, adjustment } = slice;
  return slice.symbols.map((symbol) => ({ provider, symbol, timeframe, feed, adjustment }));
}

/** What `slice` asks for, one span a symbol, in the order of its symbols. */
export function spansOf(slice: Slice): CoveredSpan[] {
  return seriesOf(slice).map((series) => ({ series, interval: slice.interval }));
}
