import { inspect } from "node:util";
import { expect, test } from "vitest";
import { type AlpacaStocksOptions, alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import { isBarfillError } from "../../../src/errors.ts";
import type { OptionsIssue } from "../../../src/model/options-issue.ts";
import { KEYS, SECRET_KEY } from "./answers.ts";

function issuesOf(make: () => unknown): readonly OptionsIssue[] {
  try {
    make();
  } catch (error) {
    if (isBarfillError(error, "OPTIONS_INVALID")) return error.issues;
    throw error;
  }
  return [];
}

function stocks(options: object): () => unknown {
  return () => alpacaStocks({ ...KEYS, ...options } as AlpacaStocksOptions);
}

test.each<[object, string, string]>([
  [{ keyId: "" }, "keyId", "an empty string"],
  [{ keyId: undefined }, "keyId", "undefined"],
  [{ secretKey: 5 }, "secretKey", "a number"],
  [{ secretKey: null }, "secretKey", "null"],
  [{ feed: "SIP" }, "feed", '"SIP"'],
  [{ feed: "delayed_sip" }, "feed", '"delayed_sip"'],
  [{ baseUrl: "data.alpaca.markets" }, "baseUrl", "a string"],
  [{ baseUrl: "ftp://example.com" }, "baseUrl", "a string"],
  [{ timeoutMs: 0 }, "timeoutMs", "0"],
  [{ timeoutMs: 600_001 }, "timeoutMs", "600001"],
  [{ timeoutMs: 1.5 }, "timeoutMs", "1.5"],
  [{ maxUrlBytes: 999 }, "maxUrlBytes", "999"],
  [{ withheldTailMs: -1 }, "withheldTailMs", "-1"],
  [{ fetch: "fetch" }, "fetch", "a string"],
  [{ secret: "x" }, "secret", "an unknown option"],
])("%o is refused at %s", (options, path, received) => {
  expect(issuesOf(stocks(options))).toEqual([{ path, expected: expect.stringMatching(/\w/), received }]);
});

test("an unknown option is told what is known, and what is no object what would do", () => {
  const known = "baseUrl, timeoutMs, maxUrlBytes, fetch, withheldTailMs, keyId, secretKey";
  expect(issuesOf(stocks({ secret: "x" }))).toMatchObject([{ path: "secret", expected: `one of ${known}, feed` }]);
  const expected = "an object, with keyId and secretKey";
  expect(issuesOf(() => alpacaStocks(undefined as never))).toEqual([
    { path: "(options)", expected, received: "undefined" },
  ]);
});

test("every problem is told, not the first", () => {
  expect(issuesOf(stocks({ feed: "x", timeoutMs: 0, maxUrlBytes: 0 })).map(({ path }) => path)).toEqual([
    "timeoutMs",
    "maxUrlBytes",
    "feed",
  ]);
});

test.each(["one\ntwo", "\u0000key", "“key”", "two words", "key\n"])(
  "the key %j cannot stand in a header, and is refused before fetch says it aloud",
  (secretKey) => {
    const issues = issuesOf(stocks({ secretKey }));
    expect(issues.map(({ path }) => path)).toEqual(["secretKey"]);
    expect(inspect(issues)).not.toContain(secretKey);
  },
);

test("a base URL with a password is refused without saying it", () => {
  const issues = issuesOf(stocks({ baseUrl: `https://user:${SECRET_KEY.replace("/", "")}@example.com` }));
  expect(issues).toEqual([
    { path: "baseUrl", expected: "a URL without a user name and password", received: "a string" },
  ]);
  expect(issuesOf(stocks({ baseUrl: "https://example.com/a@b" }))).toEqual([]);
});

test("crypto needs no keys, but both or none", () => {
  const { keyId, secretKey } = KEYS;
  expect(issuesOf(() => alpacaCrypto())).toEqual([]);
  expect(issuesOf(() => alpacaCrypto(KEYS))).toEqual([]);
  expect(issuesOf(() => alpacaCrypto({ keyId })).map(({ path }) => path)).toEqual(["secretKey"]);
  expect(issuesOf(() => alpacaCrypto({ secretKey })).map(({ path }) => path)).toEqual(["keyId"]);
});

test("crypto knows its locations", () => {
  expect(issuesOf(() => alpacaCrypto({ location: "mars" as "us" })).map(({ path }) => path)).toEqual(["location"]);
});
