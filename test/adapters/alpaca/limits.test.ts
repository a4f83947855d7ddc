import { expect, test } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import { KEYS } from "./answers.ts";

test("stocks: SIP by default, sixteen minutes late, from 2016", () => {
  const source = alpacaStocks(KEYS);
  expect(source.provider).toBe("alpaca");
  expect(source.feed).toBe("sip");
  expect(source.limits).toMatchObject({
    pageSize: 10_000,
    chargedInMinutes: ["5Min", "15Min", "30Min", "1Hour", "4Hour"],
    withheldTailMs: 16 * 60_000,
    historyStart: Date.UTC(2016, 0, 1),
    hours: "nyse",
    dayAnchor: "new-york",
    makeUp: 60,
  });
});

test.each([
  ["iex", Date.UTC(2020, 6, 1)],
  ["otc", Date.UTC(2016, 0, 1)],
  ["boats", Date.UTC(2016, 0, 1)],
] as const)("stocks from %s are a minute late", (feed, historyStart) => {
  const source = alpacaStocks({ ...KEYS, feed });
  expect(source.feed).toBe(feed);
  expect(source.limits).toMatchObject({ withheldTailMs: 60_000, historyStart });
});

test("crypto: a minute late, from 2021, around the clock", () => {
  const source = alpacaCrypto();
  expect(source.provider).toBe("alpaca-crypto");
  expect(source.feed).toBe("us");
  expect(source.limits).toMatchObject({
    pageSize: 10_000,
    chargedInMinutes: [],
    withheldTailMs: 60_000,
    historyStart: Date.UTC(2021, 0, 1),
    hours: "always",
    dayAnchor: "unknown",
    makeUp: 60,
  });
});

test("how late is the caller's to say, zero included", () => {
  expect(alpacaStocks({ ...KEYS, withheldTailMs: 0 }).limits.withheldTailMs).toBe(0);
  expect(alpacaStocks({ ...KEYS, feed: "iex", withheldTailMs: 5000 }).limits.withheldTailMs).toBe(5000);
  expect(alpacaCrypto({ withheldTailMs: 0 }).limits.withheldTailMs).toBe(0);
});
