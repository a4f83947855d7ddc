import { Alpaca, TimeFrame } from "@alpacahq/alpaca-trade-api/rest";
import { createBackfill, intervals, type RateLimiter } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { alpacaSimulator, seededFaults, syntheticMarket } from "barfill/testing";

const SYMBOLS = ["AAPL", "AMZN", "BTDR", "DIA", "GOOG", "IWM", "META", "MSFT", "NVDA", "QQQ", "SPY", "ZBH"];
const BATCH = 4;
// Three trading days of minutes, some 5 pages of 1,000 bars a batch: what the SDK's collector asks for by itself.
const SPAN = { start: Date.UTC(2024, 0, 3), end: Date.UTC(2024, 0, 6) };
const PAGE = 1000;
const KEYS = { keyId: "key", secretKey: "secret" };
const BARS_URL = "https://data.alpaca.markets/v2/stocks/bars";

/** What a client brought, and what it said that it did not bring. */
interface Outcome {
  readonly has: (symbol: string, openTime: number) => boolean;
  readonly told: (symbol: string, openTime: number) => boolean;
}

type Fetch = typeof fetch;
type Client = (fetch: Fetch) => Promise<Outcome>;

export interface Holes {
  /** Bars that the market has. */
  readonly bars: number;
  /** Missing, and nothing said so: no error, no gap in a report. */
  readonly silent: number;
  /** Missing, and said so. */
  readonly told: number;
  readonly requests: number;
}

const noLimit: RateLimiter = { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} };

/** `barfill`, the SDK's collector, and a loop as it is often written. */
export const CLIENTS: Readonly<Record<string, Client>> = {
  async barfill(fetch) {
    const store = memoryStore();
    const backfill = createBackfill({
      source: alpacaStocks({ ...KEYS, fetch }),
      ...{ store, queue: memoryQueue(), limiter: noLimit },
      // The same tries as by default, without the waits between them.
      retry: { baseDelayMs: 1, maxDelayMs: 4 },
      pollMs: 5,
    });
    const report = await backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], ...SPAN });
    const kept = new Set<string>();
    for (const { series } of report.series) {
      for await (const bar of store.read(series, SPAN)) kept.add(`${series.symbol} ${bar.openTime}`);
    }
    return {
      has: (symbol, openTime) => kept.has(`${symbol} ${openTime}`),
      told: (symbol, openTime) =>
        report.gaps.some(
          (gap) => gap.series.symbol === symbol && gap.intervals.some((one) => intervals.contains(one, openTime)),
        ),
    };
  },

  async "SDK collectStockBarsBySymbol"(fetchApi) {
    // With its own retries, as it comes.
    const alpaca = new Alpaca({ keyId: KEYS.keyId, secret: KEYS.secretKey, rateLimit: false, fetchApi });
    const span = { start: new Date(SPAN.start), end: new Date(SPAN.end - 1) };
    const kept = new Set<string>();
    const refused = new Set<string>();
    for (const symbols of batches()) {
      try {
        const bars = await alpaca.marketData.collectStockBarsBySymbol({
          symbols,
          timeframe: TimeFrame.Minute,
          ...span,
        });
        for (const [symbol, list] of Object.entries(bars)) {
          for (const bar of list) kept.add(`${symbol} ${new Date(bar.t as Date | string).getTime()}`);
        }
      } catch {
        for (const symbol of symbols) refused.add(symbol);
      }
    }
    return {
      has: (symbol, openTime) => kept.has(`${symbol} ${openTime}`),
      told: (symbol) => refused.has(symbol),
    };
  },

  async "plain loop"(fetch) {
    const kept = new Set<string>();
    for (const symbols of batches()) {
      let token: string | null = null;
      do {
        const body = await pageOrNothing(fetch, symbols, token);
        for (const [symbol, list] of Object.entries(body.bars ?? {})) {
          for (const bar of list) kept.add(`${symbol} ${Date.parse(bar.t)}`);
        }
        token = body.next_page_token ?? null;
      } while (token !== null);
    }
    return { has: (symbol, openTime) => kept.has(`${symbol} ${openTime}`), told: () => false };
  },
};

interface Body {
  readonly bars?: Readonly<Record<string, readonly { readonly t: string }[]>>;
  readonly next_page_token?: string | null;
}

/** One page, with one more try; then it goes on with what it has, as loops do that log the error. */
async function pageOrNothing(fetch: Fetch, symbols: readonly string[], token: string | null): Promise<Body> {
  const query = new URLSearchParams({ symbols: symbols.join(), timeframe: "1Min", limit: String(PAGE) });
  query.set("start", new Date(SPAN.start).toISOString());
  query.set("end", new Date(SPAN.end - 1).toISOString());
  if (token !== null) query.set("page_token", token);
  const headers = { "APCA-API-KEY-ID": KEYS.keyId, "APCA-API-SECRET-KEY": KEYS.secretKey };
  for (let tries = 0; tries < 2; tries++) {
    try {
      const answer = await fetch(`${BARS_URL}?${query}`, { headers });
      if (answer.ok) return JSON.parse(await answer.text());
    } catch {
      // Once more.
    }
  }
  return {};
}

function batches(): string[][] {
  const all: string[][] = [];
  for (let from = 0; from < SYMBOLS.length; from += BATCH) all.push(SYMBOLS.slice(from, from + BATCH));
  return all;
}

/** Runs every client against one simulator, with the faults of `seed` from their beginning each time. */
export async function holesOf(seed: number, rate: number): Promise<Record<string, Holes>> {
  const market = syntheticMarket({ minuteShare: () => 1 });
  const kinds = [
    "rate-limited",
    "unavailable",
    "reset",
    "cut-off",
    "garbled",
    "expired-token",
    "empty-page",
    "repeated-page",
  ] as const;
  const faults = seededFaults({ seed, rate, kinds });
  const simulator = alpacaSimulator({ market, faults, requestsPerMinute: 1_000_000_000, burst: 1_000_000 });
  const smallPages: Fetch = (input, init) =>
    simulator.fetch(String(input instanceof Request ? input.url : input).replace("limit=10000", `limit=${PAGE}`), init);
  const holes: Record<string, Holes> = {};
  for (const [name, client] of Object.entries(CLIENTS)) {
    simulator.reset();
    const { has, told } = await client(smallPages);
    const sums = { bars: 0, silent: 0, told: 0 };
    for (const symbol of SYMBOLS) {
      for (const { openTime } of market.bars(symbol, "1Min", SPAN)) {
        sums.bars++;
        if (has(symbol, openTime)) continue;
        if (told(symbol, openTime)) sums.told++;
        else sums.silent++;
      }
    }
    holes[name] = { ...sums, requests: simulator.stats.requests };
  }
  return holes;
}
