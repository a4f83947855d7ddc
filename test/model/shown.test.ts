import { expect, test } from "vitest";
import { kindOf, shown } from "../../src/model/shown.ts";

test.each([
  ["secret", "a string", '"secret"'],
  ["", "an empty string", '""'],
  ["x".repeat(61), "a string", `"${"x".repeat(57)}..."`],
  [5, "a number", "5"],
  [5n, "a bigint", "5"],
  [true, "a boolean", "true"],
  [undefined, "undefined", "undefined"],
  [null, "null", "null"],
  [new Date(0), "an object", "1970-01-01T00:00:00.000Z"],
  [new Date(Number.NaN), "an object", "an invalid date"],
  [{ password: "secret" }, "an object", "an object"],
  [["secret"], "a list", "a list"],
  [[], "an empty list", "an empty list"],
  [() => "secret", "a function", "a function"],
])("of %o the kind is told, or what is no inside of it", (value, kind, text) => {
  expect(kindOf(value)).toBe(kind);
  expect(shown(value)).toBe(text);
});
