/** 32 well-mixed bits of 32 bits; the constants are those of Wellons' hash prospector. */
function mix(bits: number): number {
  let x = bits | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return (x ^ (x >>> 15)) >>> 0;
}

/** 32 bits of a seed and an index, so that neighbours have nothing in common. */
export function mixAt(seed: number, index: number): number {
  return mix(seed ^ Math.imul(index + 1, 0x9e3779b1));
}

/** How many of the indices `[from, to)` {@link mixAt} makes less than `bound` of. */
export function countBelow(seed: number, from: number, to: number, bound: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if (mixAt(seed, i) < bound) count++;
  return count;
}

/** 32 bits of a text under a seed: FNV-1a over its code units. */
export function hashText(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return mix(hash);
}

/** The range of {@link mix}, exclusive: `mix(x) / HASH_RANGE` lies in `[0, 1)`. */
export const HASH_RANGE = 2 ** 32;
