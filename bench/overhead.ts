import { Alpaca, TimeFrame } from "@alpacahq/alpaca-trade-api/rest";
import { createBackfill, type RateLimiter } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";
import { startPageServer } from "./support/page-server.ts";

const SYMBOLS = ["AAPL", "AMZN", "DIA", "GOOG", "IWM", "META", "MSFT", "NVDA", "QQQ", "SPY", "TSLA", "XOM"];
const SPAN = { start: new Date("2024-01-01T00:00:00Z"), end: new Date("2024-05-01T00:00:00Z") };
const ROUNDS = 5;

/** Every request at once: what is measured is barfill, not a rate. */
const noLimit: RateLimiter = { schedule: (request) => request(), observe: () => {}, holdUntil: () => {} };

const contenders: Record<string, (url: string) => Promise<number>> = {
  async barfill(url) {
    const backfill = createBackfill({
      source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl: url }),
      store: memoryStore(),
      queue: memoryQueue(),
      limiter: noLimit,
      concurrency: 4,
    });
    const report = await backfill.run({ symbols: SYMBOLS, timeframes: ["1Min"], ...SPAN });
    if (!report.complete) throw new Error("the backfill is not complete");
    return report.bars;
  },

  async "SDK collectStockBarsBySymbol"(url) {
    const alpaca = new Alpaca({
      keyId: "key",
      secret: "secret",
      retry: false,
      rateLimit: false,
      fetchApi: (input, init) => fetch(String(input).replace("https://data.alpaca.markets", url), init),
    });
    // Its end is inclusive.
    const end = new Date(SPAN.end.getTime() - 1);
    const request = { symbols: SYMBOLS, timeframe: TimeFrame.Minute, start: SPAN.start, end, limit: 10_000 };
    const bars = await alpaca.marketData.collectStockBarsBySymbol(request);
    return Object.values(bars).reduce((sum, list) => sum + list.length, 0);
  },

  "fetch and JSON.parse": (url) => bareLoop(url, () => {}),

  async "fetch, JSON.parse and keep"(url) {
    const kept: unknown[] = [];
    return bareLoop(url, (body) => kept.push(body));
  },
};

interface Body {
  readonly bars: Record<string, readonly unknown[]>;
  readonly next_page_token: string | null;
}

async function bareLoop(url: string, take: (body: Body) => void): Promise<number> {
  const end = new Date(SPAN.end.getTime() - 1).toISOString();
  const query = `symbols=${SYMBOLS.join("%2C")}&timeframe=1Min&start=${SPAN.start.toISOString()}&end=${end}&limit=10000`;
  let token: string | null = null;
  let bars = 0;
  do {
    const page: string = token === null ? "" : `&page_token=${encodeURIComponent(token)}`;
    const answer = await fetch(`${url}/v2/stocks/bars?${query}${page}`);
    const body: Body = JSON.parse(await answer.text());
    for (const list of Object.values(body.bars)) bars += list.length;
    take(body);
    token = body.next_page_token;
  } while (token !== null);
  return bars;
}

/** HTTP to memory: bars a second of barfill, of the SDK's collector, and of bare loops. */
export async function bench(): Promise<void> {
  const server = await startPageServer();
  const best = new Map<string, number>();
  try {
    let expected: number | undefined;
    // The first round makes the pages and warms the code. After it, contenders take turns, so that noise hits all.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const [name, run] of Object.entries(contenders)) {
        const started = performance.now();
        const bars = await run(server.url);
        const rate = bars / ((performance.now() - started) / 1000);
        expected ??= bars;
        if (bars !== expected) throw new Error(`${name} brought ${bars} bars, not ${expected}`);
        if (round > 0) best.set(name, Math.max(best.get(name) ?? 0, rate));
      }
    }
    console.log(`${expected?.toLocaleString("en-US")} bars, best of ${ROUNDS} rounds`);
  } finally {
    await server.close();
  }
  for (const [name, rate] of best) {
    console.log(`${name.padEnd(28)} ${Math.round(rate).toLocaleString("en-US").padStart(12)} bars/s`);
  }
  const ratio = (rival: string) => ((best.get("barfill") ?? 0) / (best.get(rival) ?? Number.NaN)).toFixed(2);
  console.log(`figure overhead-vs-sdk ${ratio("SDK collectStockBarsBySymbol")}`);
  console.log(`figure overhead-vs-bare ${ratio("fetch and JSON.parse")}`);
  console.log(`figure overhead-vs-bare-keeping ${ratio("fetch, JSON.parse and keep")}`);
}
