/** Notes what bars of the pages of one client cannot be, page by page of its walks; each as `timeframe symbol openTime`. */
export function badBarWatch(): (url: string, body: string) => string[] {
  /** By question: the last good bar of each symbol. */
  const walks = new Map<string, Map<string, number>>();
  return (url, body) => {
    const { searchParams: query } = new URL(url);
    const page = parsed(body);
    if (page === undefined) return [];
    const isFirst = !query.has("page_token");
    query.delete("page_token");
    const walk = query.toString();
    const last = (isFirst ? undefined : walks.get(walk)) ?? new Map<string, number>();
    walks.set(walk, last);
    const start = Date.parse(query.get("start") ?? "");
    const end = Date.parse(query.get("end") ?? "");
    return Object.entries(page.bars ?? {}).flatMap(([symbol, bars]) =>
      bars.flatMap(({ t, o, h, l, c, v }) => {
        const time = Date.parse(t);
        const isWhole = [o, h, l, c, v].every((value) => typeof value === "number" && Number.isFinite(value));
        const isInPlace = time >= start && time <= end && time > (last.get(symbol) ?? Number.NEGATIVE_INFINITY);
        if (!isWhole || h < l || !isInPlace) return [`${query.get("timeframe")} ${symbol} ${time}`];
        last.set(symbol, time);
        return [];
      }),
    );
  };
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
