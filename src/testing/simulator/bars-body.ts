import type { MarketBar } from "../market/market.ts";
import type { Knobs } from "./knobs.ts";
import type { Page } from "./page.ts";
import { encodePageToken } from "./page-token.ts";
import { timeWriter } from "./wire-time.ts";

/** How a page is wrapped: by symbol, or the one symbol of the path beside its bars. */
export interface BodyForm {
  readonly single?: string;
  readonly currency?: string | undefined;
}

/** The JSON of a page. Written by hand: it is the larger part of the work that a page takes. */
export function barsBody(page: Page, { single, currency }: BodyForm, knobs: Knobs): string {
  const write = barWriter(knobs.barKeys);
  const listOf = (bars: readonly MarketBar[]) => `[${bars.map(write).join(",")}]`;
  const bars =
    page.bars === 0 && knobs.emptyBars === "null"
      ? "null"
      : single === undefined
        ? `{${page.series.map((series) => `"${series.symbol}":${listOf(series.bars)}`).join(",")}}`
        : listOf(page.series[0]?.bars ?? []);
  const token = page.next === undefined ? "null" : `"${encodePageToken(page.next, knobs.tokenFormat)}"`;
  const extra = currency === undefined ? "" : `"currency":"${currency}",`;
  const symbol = single === undefined ? "" : `"symbol":"${single}",`;
  return `{"bars":${bars},${extra}${symbol}"next_page_token":${token}}`;
}

function barWriter(keys: Knobs["barKeys"]): (bar: MarketBar) => string {
  const time = timeWriter();
  if (keys === "documented") {
    return (bar) => {
      const head = `{"t":"${time(bar.openTime)}","o":${bar.open},"h":${bar.high},"l":${bar.low},"c":${price(bar.close)}`;
      return `${head},"v":${bar.volume}${optional("n", bar.tradeCount)}${optional("vw", bar.vwap)}}`;
    };
  }
  return (bar) => {
    const head = `{"c":${price(bar.close)},"h":${bar.high},"l":${bar.low}${optional("n", bar.tradeCount)}`;
    return `${head},"o":${bar.open},"t":"${time(bar.openTime)}","v":${bar.volume}${optional("vw", bar.vwap)}}`;
  };
}

/** JSON has no word for what is not finite; a mangled bar says `null`. */
function price(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function optional(key: string, value: number | undefined): string {
  return value === undefined ? "" : `,"${key}":${value}`;
}
