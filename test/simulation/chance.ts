import { mixAt } from "../../src/testing/market/hash.ts";

/** Draws that follow from a seed and from nothing else. */
export interface Chance {
  /** In [0, 1). */
  readonly next: () => number;
  /** A whole number from `least` to `most`, both included. */
  int(least: number, most: number): number;
  /** True for this share of the draws. */
  happens(share: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** From `least` to `most` of them, in their order. */
  some<T>(from: readonly T[], least: number, most: number): T[];
  /** Another stream, which draws from this one do not move. */
  fork(name: number): Chance;
}

export function chanceOf(seed: number): Chance {
  let drawn = 0;
  const next = () => mixAt(seed, drawn++) / 2 ** 32;
  const int = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    int,
    happens: (share) => next() < share,
    pick: (from) => from[int(0, from.length - 1)] as (typeof from)[number],
    some(from, least, most) {
      const wanted = int(least, Math.min(most, from.length));
      const left = [...from];
      while (left.length > wanted) left.splice(int(0, left.length - 1), 1);
      return left;
    },
    fork: (name) => chanceOf(mixAt(seed ^ 0x5eed, name)),
  };
}
