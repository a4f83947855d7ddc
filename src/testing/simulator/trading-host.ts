import { newYorkMidnight, parseDay } from "../../model/new-york.ts";
import { nyseCalendar } from "../../model/session.ts";
import { HOUR_MS, MINUTE_MS } from "../../model/units.ts";
import type { Market } from "../market/market.ts";
import { refusal } from "./answer.ts";

/** The JSON of `GET /v2/calendar`: NYSE sessions from `start` to `end`, both inclusive New York dates. */
export function calendarBody(params: URLSearchParams): string {
  const first = dateOf(params, "start", "1998-01-01");
  const last = dateOf(params, "end", "2029-12-31");
  const within = { start: newYorkMidnight(first), end: newYorkMidnight(last + 1) };
  const days = nyseCalendar()
    .sessions(within)
    .map(({ date, open, close, extendedOpen, extendedClose }) => {
      const midnight = extendedOpen - 4 * HOUR_MS;
      const clock = (instant: number) => {
        const minutes = (instant - midnight) / MINUTE_MS;
        return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
      };
      return {
        date,
        open: clock(open),
        close: clock(close),
        session_open: clock(extendedOpen).replace(":", ""),
        session_close: clock(extendedClose).replace(":", ""),
      };
    });
  return JSON.stringify(days);
}

/** The JSON of `GET /v2/assets`: the market's list, by `status` and `asset_class` where they are asked for. */
export function assetsBody(market: Market, params: URLSearchParams): string {
  const status = params.get("status");
  const assetClass = params.get("asset_class");
  const listed = market
    .assets()
    .filter((asset) => status === null || asset.status === status)
    .filter((asset) => assetClass === null || asset.class === assetClass)
    .map((asset) => ({ ...asset, tradable: asset.status === "active" }));
  return JSON.stringify(listed);
}

function dateOf(params: URLSearchParams, name: string, otherwise: string): number {
  const text = params.get(name) ?? otherwise;
  const day = /^\d{4}-\d\d-\d\d$/.test(text) ? parseDay(text) : Number.NaN;
  if (Number.isNaN(day)) throw refusal(400, `invalid ${name}: ${text}`);
  return day;
}
