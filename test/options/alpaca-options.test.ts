import { describe, expect, test } from "vitest";
import { checkCryptoOptions, checkStocksOptions } from "../../src/adapters/alpaca/options.ts";
import { issuesOf, pathsOf } from "./issues-of.ts";

const KEYS = { keyId: "key", secretKey: "secret" };
const OPTIONAL = {
  baseUrl: "http://localhost:8080",
  timeoutMs: 1,
  maxUrlBytes: 1000,
  fetch: () => {},
  withheldTailMs: 0,
};
const SECRET = "PK-hush-hush";

test("stocks need keys, crypto needs nothing", () => {
  expect(checkStocksOptions(KEYS)).toBeUndefined();
  expect(checkStocksOptions({ ...KEYS, ...OPTIONAL, feed: "iex" })).toBeUndefined();
  expect(checkCryptoOptions({})).toBeUndefined();
  expect(checkCryptoOptions({ ...KEYS, ...OPTIONAL, location: "us-1" })).toBeUndefined();
  expect(pathsOf(() => checkStocksOptions({}))).toEqual(["keyId", "secretKey"]);
});

test("every problem is listed, keys and addresses by kind and not by value", () => {
  const bad = {
    keyId: "",
    secretKey: 5,
    feed: "delayed_sip",
    baseUrl: "ftp://host",
    timeoutMs: 0,
    maxUrlBytes: 999,
    fetch: {},
    withheldTailMs: -1,
    secret: "x",
  };
  const found = new Map(issuesOf(() => checkStocksOptions(bad)).map(({ path, received }) => [path, received]));
  expect(Object.fromEntries(found)).toEqual({
    keyId: "an empty string",
    secretKey: "a number",
    feed: '"delayed_sip"',
    baseUrl: "a string",
    timeoutMs: "0",
    maxUrlBytes: "999",
    fetch: expect.stringContaining("object"),
    withheldTailMs: "-1",
    secret: "an unknown option",
  });
});

test.each([[null], [undefined], [5], [[]]])("%j instead of options", (options) => {
  for (const check of [checkStocksOptions, checkCryptoOptions]) {
    expect(pathsOf(() => check(options))).toEqual(["(options)"]);
  }
});

describe.each([
  ["stocks", checkStocksOptions, "feed"],
  ["crypto", checkCryptoOptions, "location"],
] as const)("a secret in a wrong place of %s", (_, check, venue) => {
  const places = ["baseUrl", "timeoutMs", "maxUrlBytes", "fetch", "withheldTailMs", venue, "apiKey"];

  test.each(places)("%s", (place) => {
    const issues = issuesOf(() => check({ ...KEYS, [place]: SECRET }));
    expect(issues).toMatchObject([{ path: place }]);
    expect(JSON.stringify(issues)).not.toContain("hush");
  });

  test.each([[[SECRET]], [{ key: SECRET }], [() => SECRET]])("of another kind: %o", (value) => {
    const issues = issuesOf(() => check({ keyId: value, secretKey: value }));
    expect(issues.map(({ path }) => path)).toEqual(["keyId", "secretKey"]);
    expect(JSON.stringify(issues)).not.toContain("hush");
  });

  test("in place of all options", () => {
    expect(() => check(SECRET)).toThrowError("(options)");
    expect(() => check(SECRET)).not.toThrowError("hush");
  });
});
