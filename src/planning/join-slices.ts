import { mayHeal } from "../executor/until-healed.ts";
import { groupBy } from "../model/group-by.ts";
import { hullOf } from "../model/hull.ts";
import type { Interval } from "../model/interval.ts";
import { makeSlice, type Slice } from "../model/slice.ts";
import type { Timeframe } from "../model/timeframe.ts";
import type { CostModel } from "../planners/cost-model.ts";
import { sliceEstimates } from "../planners/estimate.ts";
import type { CutAnewParts } from "./cut-anew.ts";
import { type ReplaceParts, replaceSlices } from "./replace-slices.ts";
import { plannedSpans } from "./wanted.ts";

/**
 * Slices that are held at once. More than when slices are cut anew: nothing is read of the store meanwhile. A tick of
 * 1,000 jobs, each with a slice to be joined, takes 1.2 s so on PostgreSQL, 0.8 of it without joining; at 100 a time it
 * takes 5.
 */
const AT_A_TIME = 1000;

export interface JoinParts extends Pick<CutAnewParts, "source" | "queue" | "calendar" | "healed">, ReplaceParts {}

/** Where slices of a page or less end, for those that go on there. */
export interface Neighbours {
  add(slices: readonly Slice[]): void;
  /** Whether `slice` begins where one that was added ends, and might be joined with it. */
  has(slice: Slice): boolean;
}

export function neighbours(): Neighbours {
  const ends = new Set<string>();
  return {
    add(slices) {
      for (const slice of slices) if (isThin(slice)) ends.add(`${sharedOf(slice)}|${slice.interval.end}`);
    },
    has: (slice) => isThin(slice) && ends.has(`${sharedOf(slice)}|${slice.interval.start}`),
  };
}

/**
 * Joins `fresh` slices, which are queued by now, with queued ones that they go on from, as long as all is expected on
 * one page: while no worker runs, each tick would leave a request a job.
 *
 * The joined ones go to the end of the line, in the order of the first of each. So that nobody waits for ever, what
 * comes new with them must be queued after this. What was tried before, or shares bars with another slice, stays as it
 * is; a stop, or a queue that fails for a while, only puts it off.
 */
export async function joinSlices(
  fresh: readonly Slice[],
  cost: CostModel,
  { source, queue, calendar, hold, healed, emit }: JoinParts,
  signal: AbortSignal,
): Promise<void> {
  const { provider, limits } = source;
  try {
    for (const timeframe of new Set(fresh.map((slice) => slice.timeframe))) await joinAll(timeframe);
  } catch (error) {
    if (!mayHeal(error)) throw error;
  }

  async function joinAll(timeframe: Timeframe): Promise<void> {
    if (signal.aborted) return;
    const own = new Set(fresh.map(({ id }) => id));
    const shared = new Set(fresh.map(sharedOf));
    const queued = await healed(() => queue.open({ provider, timeframe, states: ["queued"] }));
    const chains = chainsOf(queued.filter((slice) => isThin(slice) && shared.has(sharedOf(slice))));
    const ids = chains.filter((chain) => chain.length > 1 && chain.some(({ id }) => own.has(id))).map(idsOf);
    for (const some of inParts(ids)) {
      if (signal.aborted) return;
      const cut = async (slices: readonly Slice[], tried: ReadonlySet<string>) =>
        joined(slices, await healed(() => queue.open({ provider, timeframe })), tried);
      const replaced = await replaceSlices(some, cut, { queue, provider, hold: hold(), healed, signal });
      if (replaced.before > 0) emit({ type: "resliced", ...replaced });
    }
  }

  /** `slices` with one in the place of each chain; `open` are they and all others of the timeframe. */
  function joined(slices: readonly Slice[], open: readonly Slice[], tried: ReadonlySet<string>): Slice[] {
    const held = new Set(idsOf(slices));
    const others = plannedSpans();
    others.add(open.filter(({ id, again }) => again === undefined && !held.has(id)));
    // Another one of the same bars may be of somebody whose hold has run out, and who is about to withdraw it.
    const stays = slices.filter((slice) => tried.has(slice.id) || others.share(slice));
    return [...stays, ...chainsOf(slices.filter((slice) => !stays.includes(slice))).map(asOne)];
  }

  /** Slices that follow each other and fit on one page together, in the order of the first of each; most are alone. */
  function chainsOf(slices: readonly Slice[]): Chain[] {
    const estimate = estimateOf(slices);
    const places = new Map(slices.map(({ id }, place) => [id, place]));
    const placeOf = (chain: Chain) => Math.min(...chain.map(({ id }) => places.get(id) ?? 0));
    const chains = [...groupBy(slices, sharedOf).values()].flatMap((group) => {
      const [first, ...later] = [...group].sort((a, b) => a.interval.start - b.interval.start) as Chain;
      const found: Chain[] = [[first]];
      for (const slice of later) {
        const chain = found.at(-1) as Chain;
        const follows = chain.at(-1)?.interval.end === slice.interval.start;
        if (follows && estimate([...chain, slice]).pages === 1) chain.push(slice);
        else found.push([slice]);
      }
      return found;
    });
    return chains.sort((a, b) => placeOf(a) - placeOf(b));
  }

  function asOne(chain: Chain): Slice {
    const [first] = chain;
    if (chain.length === 1) return first;
    const { id: _, ...parts } = first;
    return makeSlice({ ...parts, interval: intervalOf(chain), estimate: estimateOf(chain)(chain) });
  }

  function estimateOf(slices: readonly Slice[]): (chain: Chain) => Slice["estimate"] {
    const estimate = sliceEstimates(slices, { limits, calendar, cost });
    return (chain) => estimate({ ...chain[0], interval: intervalOf(chain) });
  }
}

type Chain = [Slice, ...Slice[]];

function intervalOf(chain: Chain): Interval {
  return hullOf(chain.map(({ interval }) => interval));
}

/** Ids by chain, in as few parts of {@link AT_A_TIME} as keep chains together, but those that are longer themselves. */
function inParts(chains: readonly (readonly string[])[]): string[][] {
  const parts: string[][] = [];
  for (const chain of chains) {
    for (let from = 0; from < chain.length; from += AT_A_TIME) {
      const some = chain.slice(from, from + AT_A_TIME);
      const last = parts.at(-1);
      if (last !== undefined && last.length + some.length <= AT_A_TIME) last.push(...some);
      else parts.push(some);
    }
  }
  return parts;
}

function isThin({ estimate, again }: Slice): boolean {
  return estimate.pages <= 1 && again === undefined;
}

/** What slices have in common that differ by their time alone. */
function sharedOf({ label, priority, timeframe, feed, adjustment, symbols }: Slice): string {
  return [priority, label ?? "", timeframe, feed, adjustment, symbols.join()].join("|");
}

function idsOf(slices: readonly Slice[]): string[] {
  return slices.map(({ id }) => id);
}
