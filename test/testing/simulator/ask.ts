import { expect } from "vitest";
import { syntheticMarket } from "../../../src/testing/market/index.ts";
import {
  type AlpacaSimulator,
  type AlpacaSimulatorOptions,
  alpacaSimulator,
} from "../../../src/testing/simulator/index.ts";

/** A bar as the wire says it. */
export interface WireBar {
  readonly t: string;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number | null;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
}

/** A page as the wire says it. */
export interface WirePage {
  readonly bars: Readonly<Record<string, readonly WireBar[]>> | null;
  readonly next_page_token: string | null;
}

export type Params = Readonly<Record<string, string>>;

export const KEYS = { "APCA-API-KEY-ID": "key", "APCA-API-SECRET-KEY": "secret" };
export const HOST = "https://data.alpaca.markets";
export const STOCKS = "/v2/stocks/bars";
export const CRYPTO = "/v1beta3/crypto/us/bars";

/** A simulator of a thick market whose bucket never runs dry, unless `options` say otherwise. */
export function simulate(options: Partial<AlpacaSimulatorOptions> = {}): AlpacaSimulator {
  const market = syntheticMarket({ seed: 1, minuteShare: () => 1 });
  return alpacaSimulator({ market, requestsPerMinute: 1e6, burst: 1e6, ...options });
}

/** One answer. */
export function ask(simulator: Pick<AlpacaSimulator, "fetch">, params: Params, path = STOCKS): Promise<Response> {
  return simulator.fetch(`${HOST}${path}?${new URLSearchParams(params)}`, { headers: KEYS });
}

/** One page; fails on anything but 200. */
export async function askPage(
  simulator: Pick<AlpacaSimulator, "fetch">,
  params: Params,
  path = STOCKS,
): Promise<WirePage> {
  const response = await ask(simulator, params, path);
  const text = await response.text();
  expect(response.status, text).toBe(200);
  return JSON.parse(text) as WirePage;
}

/** All pages of a walk, joined by symbol in the order in which they came. */
export async function walkPages(simulator: Pick<AlpacaSimulator, "fetch">, params: Params, path = STOCKS) {
  const bars = new Map<string, WireBar[]>();
  const sizes: number[] = [];
  let token: string | null = null;
  do {
    const page: WirePage = await askPage(simulator, token === null ? params : { ...params, page_token: token }, path);
    const series = Object.entries(page.bars ?? {});
    for (const [symbol, more] of series) bars.set(symbol, [...(bars.get(symbol) ?? []), ...more]);
    sizes.push(series.reduce((sum, [, more]) => sum + more.length, 0));
    expect(page.next_page_token).not.toBe(token ?? "");
    token = page.next_page_token;
  } while (token !== null);
  return { bars, sizes, pages: sizes.length };
}
