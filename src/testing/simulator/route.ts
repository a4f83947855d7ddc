import type { Endpoint } from "./stats.ts";

/** Where a request goes. */
export interface Route {
  readonly endpoint: Endpoint;
  /** The symbols that it names, as they were sent. */
  readonly symbols: readonly string[];
  /** The symbol of the single-symbol form. */
  readonly single?: string;
}

// Alpaca's venues of crypto.
const CRYPTO_PATH = /^\/v1beta3\/crypto\/(?:us|us-1|us-2|eu-1|bs-1)\/bars$/;
const STOCK_PATH = /^\/v2\/stocks\/([^/]+)\/bars$/;

export function routeOf(url: URL): Route {
  const { pathname, searchParams } = url;
  const symbols = searchParams.get("symbols")?.split(",") ?? [];
  if (pathname === "/v2/stocks/bars") return { endpoint: "stocks", symbols };
  if (CRYPTO_PATH.test(pathname)) return { endpoint: "crypto", symbols };
  if (pathname === "/v2/calendar") return { endpoint: "calendar", symbols: [] };
  if (pathname === "/v2/assets") return { endpoint: "assets", symbols: [] };
  const encoded = STOCK_PATH.exec(pathname)?.[1];
  if (encoded === undefined) return { endpoint: "other", symbols: [] };
  const single = decodePath(encoded);
  return { endpoint: "stock", symbols: [single], single };
}

function decodePath(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
