import type { CommitCounts } from "../../contracts/bar-store.ts";
import { ascending, type Bar, sameBar } from "../../model/bar.ts";
import type { EpochMs, Interval } from "../../model/interval.ts";

/**
 * The bars of one series, cut into blocks that never change once they are in: none empty, each strictly ascending
 * and wholly before the next. A page of 10,000 bars takes 0.4 ms. One growing array took 1.4 ms, and 20 ms where the
 * pages came newest first.
 */
export type BarBlocks = Block[];
type Block = readonly Bar[];

const BLOCK_BARS = 4096;

/** The blocks as they are now that hold bars of `within`; later upserts leave them alone. */
export function blocksWithin(blocks: BarBlocks, within: Interval): readonly Block[] {
  return blocks.slice(
    firstIndex(blocks, (block) => lastOpen(block) >= within.start),
    firstIndex(blocks, (block) => firstOpen(block) >= within.end),
  );
}

/**
 * Puts `bars`, in any order, into `blocks`. The counts add up to `bars`; of two bars at the same open time the later
 * one wins and the earlier one counts as unchanged.
 */
export function upsertBars(blocks: BarBlocks, bars: readonly Bar[]): CommitCounts {
  const fresh = ascending(bars);
  if (fresh.length === 0) return { inserted: 0, revised: 0, unchanged: 0 };
  let from = firstIndex(blocks, (block) => lastOpen(block) >= firstOpen(fresh));
  let to = firstIndex(blocks, (block) => firstOpen(block) > lastOpen(fresh));
  // Small neighbours are taken in, so that many small commits do not leave as many small blocks.
  if (fits(blocks[from - 1], fresh)) from--;
  if (fits(blocks[to], fresh)) to++;
  const { merged, inserted, revised } = interleave(joined(blocks.slice(from, to)), fresh);
  if (inserted + revised > 0) blocks.splice(from, to - from, ...cut(merged));
  return { inserted, revised, unchanged: bars.length - inserted - revised };
}

/** Both strictly ascending; where they meet, `fresh` is taken. */
function interleave(held: readonly Bar[], fresh: readonly Bar[]) {
  if (held.length === 0) return { merged: fresh, inserted: fresh.length, revised: 0 };
  const merged: Bar[] = [];
  let inserted = 0;
  let revised = 0;
  let next = 0;
  for (const bar of fresh) {
    let there = held[next];
    for (; there !== undefined && there.openTime < bar.openTime; there = held[++next]) merged.push(there);
    if (there?.openTime === bar.openTime) {
      next++;
      if (!sameBar(there, bar)) revised++;
    } else {
      inserted++;
    }
    merged.push(bar);
  }
  return { merged: merged.concat(held.slice(next)), inserted, revised };
}

function joined(blocks: BarBlocks): readonly Bar[] {
  // `flat` takes four times as long.
  return ([] as Bar[]).concat(...blocks);
}

function cut(bars: readonly Bar[]): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < bars.length; i += BLOCK_BARS) blocks.push(bars.slice(i, i + BLOCK_BARS));
  return blocks;
}

function fits(neighbour: Block | undefined, fresh: Block): boolean {
  return neighbour !== undefined && neighbour.length + fresh.length <= BLOCK_BARS;
}

function firstOpen(block: Block): EpochMs {
  return (block[0] as Bar).openTime;
}

function lastOpen(block: Block): EpochMs {
  return (block[block.length - 1] as Bar).openTime;
}

/** The index of the first block for which `holds`, as it does for all after it; the length when for none. */
function firstIndex(blocks: BarBlocks, holds: (block: Block) => boolean): number {
  let low = 0;
  let high = blocks.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(blocks[middle] as Block)) high = middle;
    else low = middle + 1;
  }
  return low;
}
