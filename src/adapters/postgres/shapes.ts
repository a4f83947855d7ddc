import { StoreError } from "../../errors.ts";

/** Tells whether a value is what it should be. */
export type Shape<T> = (value: unknown) => value is T;

export const isNumber: Shape<number> = (value) => typeof value === "number";
export const isBoolean: Shape<boolean> = (value) => typeof value === "boolean";
export const isString: Shape<string> = (value) => typeof value === "string";

export function orNull<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value);
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every(shape);
}

/** An object with at least these fields. */
export function objectOf<T extends object>(fields: { readonly [Name in keyof T]: Shape<T[Name]> }): Shape<T> {
  const entries = Object.entries<Shape<unknown>>(fields);
  return (value): value is T =>
    typeof value === "object" &&
    value !== null &&
    entries.every(([name, shape]) => shape((value as Record<string, unknown>)[name]));
}

/** `value`, if it is of `shape`; else throws a {@link StoreError} that says whose answer it was and what came. */
export function checkShape<T>(name: string, value: unknown, shape: Shape<T>): T {
  if (shape(value)) return value;
  const came = (JSON.stringify(value) ?? String(value)).slice(0, 80);
  throw new StoreError(`${name} answered in a shape that was not expected: ${came}`, {
    disposition: "halt",
    hint:
      "Run the migrations; if they are done, check what stands between here and the database, " +
      "and that the client leaves types as they are (type parsers, `binary`)",
  });
}
