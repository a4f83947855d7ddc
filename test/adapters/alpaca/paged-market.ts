import { earliestNextOpen, type Timeframe } from "../../../src/model/timeframe.ts";
import { wireBar } from "./answers.ts";

/** How a page token is spelled. */
export type TokenKind = "last-bar" | "nanoseconds" | "next-bar" | "opaque" | "not-base64";
/** In what order the body names its symbols. */
export type KeyOrder = "stream" | "ascending" | "descending";

export interface MarketPlan {
  readonly timeframe: Timeframe;
  readonly start: number;
  /** By symbol, in the order in which the service pages them: how many shortest bars lie before each next bar. */
  readonly steps: readonly (readonly [symbol: string, steps: readonly number[]])[];
  /** The bars of each page, over and over; 0 is an empty page with a token. */
  readonly pageSizes: readonly number[];
  readonly tokens: TokenKind;
  readonly keys: KeyOrder;
  /** Whether a last page that holds the last bar carries a token all the same. */
  readonly tokenOnLastBar: boolean;
}

interface StreamBar {
  readonly symbol: string;
  readonly openTime: number;
}

export interface WirePages {
  /** The bodies, as JSON text. */
  readonly pages: readonly string[];
  /** The token of each page but the last, by the page that it leads to. */
  readonly tokens: readonly string[];
  readonly bars: readonly StreamBar[];
}

/** All pages of a walk over a small market, cut and spelled as planned. */
export function pagesOf(plan: MarketPlan): WirePages {
  const bars = plan.steps.flatMap(([symbol, steps]) => {
    let openTime = plan.start;
    return steps.map((step) => {
      for (let i = 0; i < step; i++) openTime = earliestNextOpen(plan.timeframe, openTime);
      const bar = { symbol, openTime };
      openTime = earliestNextOpen(plan.timeframe, openTime);
      return bar;
    });
  });
  const pages: string[] = [];
  const tokens: string[] = [];
  let sent = 0;
  for (let i = 0; ; i++) {
    const size = plan.pageSizes[i % plan.pageSizes.length] ?? 1;
    const page = bars.slice(sent, sent + size);
    sent += page.length;
    const more = sent < bars.length || (plan.tokenOnLastBar && page.length > 0);
    const token = more ? tokenOf(plan, bars, sent, i) : null;
    pages.push(bodyOf(page, plan.keys, token));
    if (token === null) return { pages, tokens, bars };
    tokens.push(token);
  }
}

function tokenOf({ tokens }: MarketPlan, bars: readonly StreamBar[], sent: number, page: number): string {
  const { symbol, openTime } = bars[tokens === "next-bar" ? sent : sent - 1] ?? (bars[0] as StreamBar);
  // Made unlike any other by the number of its page, so that the model needs no other memory.
  const nanoseconds = BigInt(openTime) * 1_000_000n + BigInt(page);
  switch (tokens) {
    case "opaque":
      return btoa(`\u0001\u0002${page}`);
    case "not-base64":
      return `page number ${page}!`;
    case "nanoseconds":
      return btoa(`${symbol}|M|${nanoseconds}`);
    default:
      return btoa(`${symbol}|M|${new Date(openTime).toISOString().slice(0, -1)}${String(page).padStart(6, "0")}Z`);
  }
}

/** Written by hand: an object would put symbols like `123` first. */
function bodyOf(page: readonly StreamBar[], keys: KeyOrder, token: string | null): string {
  const bySymbol = new Map<string, string[]>();
  for (const { symbol, openTime } of page) {
    bySymbol.set(symbol, [...(bySymbol.get(symbol) ?? []), JSON.stringify(wireBar(openTime))]);
  }
  const entries = [...bySymbol];
  if (keys === "ascending") entries.sort(([a], [b]) => (a < b ? -1 : 1));
  if (keys === "descending") entries.sort(([a], [b]) => (a < b ? 1 : -1));
  const text = entries.map(([symbol, bars]) => `${JSON.stringify(symbol)}:[${bars.join()}]`).join();
  return `{"bars":{${text}},"next_page_token":${JSON.stringify(token)}}`;
}
