import { OptionsError } from "../errors.ts";

/** One number that a planner was given, and what it must be. */
export interface Bound {
  readonly path: string;
  readonly value: number;
  readonly expected: string;
  readonly ok: boolean;
}

/** @throws {@link OptionsError} with every one of `bounds` that does not hold. */
export function checkNumbers(...bounds: readonly Bound[]): void {
  const broken = bounds.filter(({ value, ok }) => !ok || !Number.isFinite(value));
  if (broken.length === 0) return;
  throw new OptionsError(broken.map(({ path, value, expected }) => ({ path, expected, received: String(value) })));
}
