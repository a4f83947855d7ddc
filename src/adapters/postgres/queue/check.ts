import { OptionsError } from "../../../errors.ts";
import type { EpochMs } from "../../../model/interval.ts";

/** PostgreSQL: an int, and the last millisecond of its timestamps that a Date has too. */
const LAST_INT = 2 ** 31 - 1;
const LAST_MS = 8.64e15;

/** Throws {@link OptionsError} for what is no limit; cuts one that no claim can fill. */
export function limitOf(limit: number): number {
  check("limit", limit, "a whole number, 1 or more", Number.isInteger(limit) && limit >= 1);
  return Math.min(limit, LAST_INT);
}

/** Throws {@link OptionsError} for what is no time to live; cuts one that ends after time does. */
export function ttlOf(ttlMs: number): number {
  check("ttlMs", ttlMs, "1 or more", ttlMs >= 1);
  return Math.min(ttlMs, LAST_MS);
}

/** Throws {@link OptionsError} for what is no time; the past before 1970 is as due as 1970. */
export function notBeforeOf(notBefore: EpochMs): EpochMs {
  check("notBefore", notBefore, "a time in ms", !Number.isNaN(notBefore));
  return Math.min(Math.max(notBefore, 0), LAST_MS);
}

/** Throws {@link OptionsError} for what is no age. */
export function ageOf(olderThanMs: number): number {
  check("olderThanMs", olderThanMs, "0 or more", olderThanMs >= 0);
  return Math.min(olderThanMs, LAST_MS);
}

/** Throws {@link OptionsError} for what is no id of a row. */
export function rowIdsOf(rowIds: readonly number[]): readonly number[] {
  for (const [i, id] of rowIds.entries()) check(`rowIds[${i}]`, id, "a whole number", Number.isSafeInteger(id));
  return rowIds;
}

function check(path: string, value: number, expected: string, holds: boolean): void {
  if (!holds) throw new OptionsError([{ path, expected, received: String(value) }]);
}
