import fc from "fast-check";
import { expect, test } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import type { BarSource } from "../../../src/contracts/bar-source.ts";
import { packSymbols } from "../../../src/model/symbols.ts";
import { answering, asking, json, KEYS } from "./answers.ts";

/** The longest that each parameter gets, and a token three times as long as any that was seen. */
const LONGEST = { timeframe: "1Month", adjustment: "dividend,spin-off" } as const;
const TOKEN = `${"QUFQ".repeat(40)}+/==`;

const symbol = fc.string({ unit: fc.constantFrom(..."ABCXYZ01./-"), minLength: 1, maxLength: 12 });
const baseUrl = fc
  .string({ unit: fc.constantFrom(..."abc/"), maxLength: 200 })
  .map((path) => `https://data.example.com/${path}`);

test("no group of symbols makes a URL longer than it may be, with a token as long as any", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(symbol, { minLength: 1, maxLength: 900 }),
      fc.integer({ min: 1000, max: 9000 }),
      baseUrl,
      fc.boolean(),
      async (symbols, maxUrlBytes, baseUrl, crypto) => {
        const { fetch, sent } = answering(json({ bars: {}, next_page_token: TOKEN }));
        const options = { baseUrl, maxUrlBytes, fetch };
        const source: BarSource = crypto
          ? alpacaCrypto({ ...options, location: "us-1" })
          : alpacaStocks({ ...KEYS, ...options, feed: "boats" });
        const { symbolsPerRequest, symbolBytes } = source.limits;
        for (const group of packSymbols(symbols, symbolsPerRequest, symbolBytes)) {
          const adjusted = crypto ? { ...LONGEST, adjustment: "raw" as const } : LONGEST;
          const request = asking(group, { ...adjusted, feed: source.feed });
          const { next } = await source.fetchPage(request, {});
          await source.fetchPage(request, { cursor: next as string });
          expect(sent.at(-1)?.url.searchParams.get("page_token")).toBe(TOKEN);
          expect(sent.at(-1)?.url.href.length).toBeLessThanOrEqual(maxUrlBytes);
        }
      },
    ),
    { numRuns: 40 },
  );
});

test("most of the URL is left to the symbols", () => {
  expect(alpacaStocks(KEYS).limits.symbolBytes).toBe(8000 - "https://data.alpaca.markets".length - 500);
  expect(alpacaCrypto({ maxUrlBytes: 2000 }).limits.symbolBytes).toBe(
    2000 - "https://data.alpaca.markets".length - 500,
  );
});

test("a base URL longer than the limit leaves room for one symbol", () => {
  const baseUrl = `https://example.com/${"a".repeat(2000)}`;
  expect(alpacaStocks({ ...KEYS, baseUrl, maxUrlBytes: 1000 }).limits.symbolBytes).toBe(1);
});
