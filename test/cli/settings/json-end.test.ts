import fc from "fast-check";
import { expect, test } from "vitest";
import { endOfJson } from "../../../src/cli/settings/json-end.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const mangled = fc
  .tuple(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), fc.nat(), fc.nat(2), fc.string({ maxLength: 2 }))
  .map(([value, indent, from, many, put]) => {
    const text = JSON.stringify(value, undefined, indent);
    const at = from % (text.length + 1);
    return text.slice(0, at) + put + text.slice(at + many);
  });

test("a text is JSON to the end exactly where JSON.parse takes it", () => {
  fc.assert(
    fc.property(mangled, (text) => {
      expect(endOfJson(text) === undefined).toBe(isJson(text));
    }),
    {
      numRuns: 2000,
      examples: [
        "",
        " ",
        "-",
        "-0",
        "1.",
        "1e+",
        "[1,]",
        "{,}",
        '{"a":1,}',
        '"\\x"',
        '"\u2028"',
        '"\u0000"',
        "\u00a01",
        "nul",
      ].map((text) => [text] as [string]),
    },
  );
});

test("it ends where a token is that cannot stand there, and no earlier", () => {
  // A prefix of JSON breaks off at its own end, or before a token that is cut.
  fc.assert(
    fc.property(fc.jsonValue(), fc.nat(), (value, cut) => {
      const text = JSON.stringify([value]);
      const prefix = text.slice(0, cut % text.length);
      const end = endOfJson(prefix) ?? Number.NaN;
      expect(end).toBeLessThanOrEqual(prefix.length);
      expect(endOfJson(`${prefix.slice(0, end)}?`)).toBe(end);
    }),
  );
});
