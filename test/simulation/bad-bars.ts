import { decodePageToken } from "../../src/testing/simulator/page-token.ts";

/** Which bars of a page cannot be, each as `timeframe symbol openTime`. */
export function badBarsIn(url: string, body: string): string[] {
  const { searchParams: query } = new URL(url);
  const page = parsed(body);
  const token = decodePageToken(query.get("page_token") ?? "");
  const start = Date.parse(query.get("start") ?? "");
  const end = Date.parse(query.get("end") ?? "");
  return Object.entries(page?.bars ?? {}).flatMap(([symbol, bars]) => {
    let last = token?.symbol === symbol ? token.time.ms : Number.NEGATIVE_INFINITY;
    return bars.flatMap(({ t, o, h, l, c, v }) => {
      const time = Date.parse(t);
      const isWhole = [o, h, l, c, v].every((value) => typeof value === "number" && Number.isFinite(value));
      if (!isWhole || h < l || time < start || time > end || time <= last) {
        return [`${query.get("timeframe")} ${symbol} ${time}`];
      }
      last = time;
      return [];
    });
  });
}

interface WireBar {
  readonly t: string;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
}

/** A page on which no bar can be. */
export function garbage(body: string): string {
  const page = parsed(body);
  if (page === undefined) return body;
  const bars = Object.entries(page.bars ?? {}).map(([symbol, all]) => [
    symbol,
    all.map((bar) => ({ ...bar, h: bar.l / 2 })),
  ]);
  return JSON.stringify({ ...page, bars: Object.fromEntries(bars) });
}

function parsed(body: string): { readonly bars: Readonly<Record<string, readonly WireBar[]>> | null } | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
