import { describe, test } from "vitest";
import { alpacaCrypto, alpacaStocks } from "../../../src/adapters/alpaca/index.ts";
import type { BarSource, PageRequest } from "../../../src/contracts/bar-source.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import {
  alpacaSimulator,
  type Knobs,
  runConformance,
  type SourceContext,
  sourceCases,
  syntheticMarket,
} from "../../../src/testing/index.ts";
import { KEYS } from "./answers.ts";

const DAY_MS = 86_400_000;
const market = syntheticMarket({ minuteShare: () => 0.5 });
const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
const simulator = (knobs: Partial<Knobs> = {}) =>
  alpacaSimulator({ market, clock, requestsPerMinute: 1_000_000, burst: 100_000, knobs });

/** Several pages of few bars: `limit` is not the caller's to say. */
const smallPages =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  (input, init) =>
    fetch(String(input).replace("limit=10000", "limit=150"), init);

function context(source: BarSource, symbols: readonly string[], start: number): SourceContext {
  const interval = { start, end: start + DAY_MS };
  const request: PageRequest = { symbols, timeframe: "1Min", feed: source.feed, adjustment: "raw", interval };
  const barCounts = Object.fromEntries(
    symbols.map((symbol) => [symbol, [...market.bars(symbol, "1Min", interval)].length]),
  );
  return { source, request, barCounts, withoutBars: { start: Date.UTC(1980), end: Date.UTC(1980, 1) } };
}

const stocks = (options: object) =>
  context(alpacaStocks({ ...KEYS, ...options }), ["AAPL", "BRK.B", "SPY"], Date.UTC(2024, 0, 3));

describe("stocks over HTTP", () => {
  runConformance({
    cases: sourceCases,
    create: async () => {
      const server = await simulator().serve();
      const fetch = smallPages(globalThis.fetch);
      return { ...stocks({ fetch, baseUrl: server.url }), dispose: () => server.close() };
    },
    test,
  });
});

describe.each<Partial<Knobs>>([
  { emptyPages: "sometimes", tokenOnFullLastPage: true, tokenFormat: "nanoseconds" },
  { collation: "reverse", shortPages: "half", emptyBars: "null" },
])("stocks in process, with %o", (knobs) => {
  runConformance({
    cases: sourceCases,
    create: async () => stocks({ fetch: smallPages(simulator(knobs).fetch) }),
    test,
  });
});

describe("crypto in process", () => {
  runConformance({
    cases: sourceCases,
    create: async () => {
      const source = alpacaCrypto({ fetch: smallPages(simulator().fetch) });
      return context(source, ["BTC/USD", "ETH/USD"], Date.UTC(2024, 0, 3));
    },
    test,
  });
});
