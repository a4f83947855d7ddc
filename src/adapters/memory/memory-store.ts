import type { BarStore, CommitCounts } from "../../contracts/bar-store.ts";
import type { Bar, SeriesBars } from "../../model/bar.ts";
import { clip, contains, type Interval, merge } from "../../model/interval.ts";
import { seriesKey } from "../../model/series.ts";
import { type BarBlocks, blocksWithin, upsertBars } from "./bar-blocks.ts";
import { checkCommit } from "./check-commit.ts";

/** What is held of one series; the coverage is merged. */
interface Held {
  readonly blocks: BarBlocks;
  covered: readonly Interval[];
}

/**
 * A {@link BarStore} in this process's memory: the reference for all others, gone when the process ends.
 *
 * It keeps the bar objects that it is given and hands the same out again. `commit` rejects with {@link OptionsError}
 * when a time is no whole millisecond, and then holds what it held before; of two bars of one series at the same
 * open time the later one wins and the earlier one counts as unchanged. `read` sees the series as it was when its
 * first bar was asked for: commits made meanwhile neither show up nor disturb it.
 */
export function memoryStore(): BarStore {
  const heldByKey = new Map<string, Held>();
  const heldOf = (key: string) => {
    let held = heldByKey.get(key);
    if (held === undefined) heldByKey.set(key, (held = { blocks: [], covered: [] }));
    return held;
  };

  return {
    async commit(bars, covered) {
      checkCommit(bars, covered);
      // Nothing below throws or waits, so a commit that passed the check is whole before anyone can look.
      const counts = { inserted: 0, revised: 0, unchanged: 0 };
      for (const [key, incoming] of barsByKey(bars)) {
        add(counts, upsertBars(heldOf(key).blocks, incoming));
      }
      for (const { series, interval } of covered) {
        const held = heldOf(seriesKey(series));
        held.covered = merge([...held.covered, interval]);
      }
      return counts;
    },

    async coverage(series, within) {
      const found = new Map<string, readonly Interval[]>();
      for (const key of series.map(seriesKey)) {
        const covered = heldByKey.get(key)?.covered ?? [];
        const clipped = covered.flatMap((interval) => clip(interval, within) ?? []);
        if (clipped.length > 0) found.set(key, clipped);
      }
      return found;
    },

    async *read(series, within) {
      const blocks = heldByKey.get(seriesKey(series))?.blocks ?? [];
      for (const block of blocksWithin(blocks, within)) {
        for (const bar of block) if (contains(within, bar.openTime)) yield bar;
      }
    },
  };
}

function barsByKey(entries: readonly SeriesBars[]): Map<string, readonly Bar[]> {
  const byKey = new Map<string, readonly Bar[]>();
  for (const { series, bars } of entries) {
    const key = seriesKey(series);
    const earlier = byKey.get(key);
    byKey.set(key, earlier === undefined ? bars : [...earlier, ...bars]);
  }
  return byKey;
}

function add(counts: { -readonly [K in keyof CommitCounts]: number }, more: CommitCounts): void {
  counts.inserted += more.inserted;
  counts.revised += more.revised;
  counts.unchanged += more.unchanged;
}
