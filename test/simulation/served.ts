import type { EpochMs, Interval } from "../../src/model/interval.ts";
import { earliestNextOpen, type Timeframe } from "../../src/model/timeframe.ts";
import { barSpan } from "../../src/testing/market/grid.ts";
import type { Knobs } from "../../src/testing/simulator/index.ts";
import { decodePageToken } from "../../src/testing/simulator/page-token.ts";
import { resolveSymbols } from "../../src/testing/simulator/symbols.ts";
import { gridOf } from "../../src/testing/simulator/walk.ts";
import { union } from "./spans.ts";

/** What the service has answered, and the answer arrived: worked out from its tokens, not from what a client claims. */
export interface Served {
  /** A page that came whole: its URL, its body, and when the service made it. */
  note(url: URL, body: string, at: EpochMs): void;
  /** The final opens of one series that were asked for and answered. */
  of(symbol: string, timeframe: Timeframe): readonly Interval[];
}

/**
 * A walk goes through the symbols in one order, and through the time of each. A page is what lies between two tokens.
 */
export function servedLedger(knobs: Knobs): Served {
  const answered = new Map<string, Interval[]>();
  const keyOf = (symbol: string, timeframe: Timeframe) => `${timeframe} ${symbol}`;

  return {
    note(url, body, at) {
      const json = parsed(body);
      if (json === undefined) return;
      const market = url.pathname.includes("/crypto/") ? "crypto" : "stocks";
      const query = url.searchParams;
      const symbols = resolveSymbols((query.get("symbols") ?? "").split(","), market, knobs);
      const timeframe = query.get("timeframe") as Timeframe;
      const zone = market === "stocks" ? "new-york" : knobs.cryptoDayAnchor;
      // A bar that is not over, or still revised, is in the answer and is no answer.
      const lateMs = knobs.lateTrades === "revise" ? 30_000 : 0;
      const start = Date.parse(query.get("start") ?? "");
      const final = barSpan(timeframe, at - lateMs, market === "crypto" ? zone : "new-york", gridOf(knobs)).start;
      const end = Math.min(Date.parse(query.get("end") ?? "") + 1, final);
      const from = decodePageToken(query.get("page_token") ?? "");
      const to = decodePageToken(json.next_page_token ?? "");
      const first = from === undefined ? 0 : symbols.indexOf(from.symbol);
      const last = to === undefined ? symbols.length - 1 : symbols.indexOf(to.symbol);
      symbols.slice(first, last + 1).forEach((symbol, i) => {
        const opens = from !== undefined && i === 0 ? Math.max(start, from.time.ms + 1) : start;
        // A token beside the first bar, as empty pages give out, has passed nothing.
        const passed =
          to === undefined || symbol !== to.symbol ? end : to.time.ms < start ? start : nextOpen(to.time.ms);
        const known = answered.get(keyOf(symbol, timeframe)) ?? [];
        answered.set(keyOf(symbol, timeframe), union(known, [{ start: opens, end: Math.min(end, passed) }]));
      });
      function nextOpen(openTime: EpochMs): EpochMs {
        return earliestNextOpen(timeframe, openTime);
      }
    },
    of: (symbol, timeframe) => answered.get(keyOf(symbol, timeframe)) ?? [],
  };
}

function parsed(body: string): { readonly next_page_token: string | null } | undefined {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
