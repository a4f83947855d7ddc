import type { Market } from "../market/market.ts";
import { refusal } from "./answer.ts";
import { mangle } from "./bad-bar.ts";
import type { Fault } from "./faults.ts";
import type { Knobs } from "./knobs.ts";
import { cutPage, type Page } from "./page.ts";
import { encodePageToken, nudge, type PageToken, timeOutside } from "./page-token.ts";
import { type BarsQuery, tokenUnit } from "./query.ts";
import { gridOf, type Walk, walkOf } from "./walk.ts";

/** A page, and the fault of its making that struck. */
export interface MadePage {
  readonly page: Page;
  readonly struck: boolean;
}

/** Makes pages, and the wrong pages that faults ask for. */
export interface PageMaker {
  /** Throws a refusal when the token is not of this walk, or expired by `fault`. */
  make(query: BarsQuery, fault: Fault | undefined, now: number): MadePage;
  reset(): void;
}

export function pageMaker(market: Market, knobs: Knobs, remembersWalks: boolean): PageMaker {
  // The token that led to each page, by the token that the page gave out: what repeating a page takes.
  const cameFrom = new Map<string, PageToken | undefined>();

  function pageFor(query: BarsQuery, walk: Walk, fault: Fault | undefined): MadePage {
    const { token } = query;
    if (fault?.kind === "empty-page") {
      const next = token === undefined ? tokenAtStart(query) : nudge(token, query.order);
      return { page: { series: [], bars: 0, charged: 0, ...(next && { next }) }, struck: true };
    }
    if (fault?.kind === "repeated-page" && token !== undefined) {
      const key = keyOf(query, token);
      if (cameFrom.has(key)) return { page: cutPage(market, walk, knobs, cameFrom.get(key)), struck: true };
    }
    const page = cutPage(market, walk, knobs, token);
    if (fault?.kind !== "bad-bar") return { page, struck: false };
    const mangled = mangle(page, walk, fault.how ?? "high-below-low");
    return { page: mangled ?? page, struck: mangled !== undefined };
  }

  return {
    make(query, fault, now) {
      const { token } = query;
      if (fault?.kind === "expired-token" || (token && !namesBar(market, query, token, knobs))) {
        throw refusal(400, "invalid page_token");
      }
      const made = pageFor(query, walkOf(query, now, knobs), fault);
      if (remembersWalks && made.page.next && !made.struck) cameFrom.set(keyOf(query, made.page.next), token);
      return made;
    },
    reset: () => cameFrom.clear(),
  };
}

/** A token names a bar of the walk, unless it was nudged past one by an empty page. */
function namesBar(market: Market, { timeframe }: BarsQuery, { symbol, time }: PageToken, knobs: Knobs): boolean {
  if (time.nanos !== 0) return true;
  return market.count(symbol, timeframe, { start: time.ms, end: time.ms + 1 }, gridOf(knobs)).bars > 0;
}

/** Goes on at the very beginning of the walk; `undefined` when no symbol can have bars. */
function tokenAtStart({ symbols, timeframe, start, end, order }: BarsQuery): PageToken | undefined {
  const [symbol] = symbols;
  if (symbol === undefined) return undefined;
  return { symbol, unit: tokenUnit(timeframe), time: timeOutside(order === "asc" ? start : end, order) };
}

function keyOf({ market, symbols, timeframe, feed, start, end, limit, order }: BarsQuery, token: PageToken): string {
  const ends = [start.ms, start.nanos, end.ms, end.nanos];
  return [market, timeframe, feed, ...ends, limit, order, encodePageToken(token, "rfc3339"), ...symbols].join("|");
}
