import { DEFAULT_REQUESTS_PER_MINUTE } from "../options/backfill-options.ts";
import type { Settings } from "./settings/settings.ts";
import { count, plural } from "./text/words.ts";

/** Requests a minute that are allowed; `learn` where that is found out while it works. */
export type Rate = number | "learn";

export function rateOf({ requestsPerMinute = DEFAULT_REQUESTS_PER_MINUTE }: Settings): Rate {
  return requestsPerMinute;
}

/** A number for estimates: what is learned begins with the default. */
export function expectedRate(rate: Rate): number {
  return rate === "learn" ? DEFAULT_REQUESTS_PER_MINUTE : rate;
}

/** The allowance that a command compares with, and where that number is from: nobody keeps the rate that a run had. */
export function allowanceText({ requestsPerMinute }: Settings): string {
  if (requestsPerMinute === "learn") return "what is allowed is learned";
  if (requestsPerMinute !== undefined) return `${count(requestsPerMinute)} allowed by the settings`;
  return `${count(DEFAULT_REQUESTS_PER_MINUTE)} allowed by default: pass the --requests-per-minute that run had`;
}

/** What estimates are made at: `10,000 requests a minute`. */
export function rateText(rate: Rate): string {
  const text = `${plural(expectedRate(rate), "request")} a minute`;
  return rate === "learn" ? `${text}, from where it learns` : text;
}
