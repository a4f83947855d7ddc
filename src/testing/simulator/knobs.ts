import { OptionsError } from "../../errors.ts";
import type { OptionsIssue } from "../../model/options-issue.ts";

/**
 * What nobody knows for sure about the service, and what was seen to vary. Each knob lists all its settings, the
 * default first; a test that loops over them holds whichever is true.
 */
export const KNOBS = {
  /** The order of symbols in an answer. */
  collation: ["code-unit", "reverse", "request-order", "case-insensitive-locale"],
  /** A symbol that a request names twice. */
  repeatedSymbols: ["once", "refused"],
  /** A symbol in lower-case letters. */
  lowerCaseSymbols: ["upper-cased", "absent", "refused"],
  /** `bars` of a page without any. */
  emptyBars: ["object", "null"],
  /** Whether a last page that is exactly full carries a token, which an empty page follows. */
  tokenOnFullLastPage: [false, true],
  /** Empty pages with a token in the middle of a walk. */
  emptyPages: ["never", "sometimes"],
  /** How a token spells its time: `2022-01-03T09:00:00.000000000Z` or nanoseconds since the epoch. */
  tokenFormat: ["rfc3339", "nanoseconds"],
  /** Where `4Hour` bars open; a replayed market keeps its own. */
  fourHourAnchor: ["new-york", "utc"],
  /** Where crypto bars of a day and longer open. */
  cryptoDayAnchor: ["utc", "chicago"],
  /** What intraday bars above `1Min` cost of a page: the minute bars beneath them, or one each. */
  pageCharge: ["minutes", "bars"],
  /** A `limit` below 10,000 bounds the minutes of a page, or only its bars while 10,000 minutes stay the bound. */
  pageChargeBelowMaxLimit: ["scales", "fixed"],
  /** Whether pages hold half of what they could though more exists. */
  shortPages: ["never", "half"],
  /** A `limit` above 10,000. */
  limitAboveMax: ["refused", "clamped"],
  /** The order of the keys of a bar. */
  barKeys: ["alphabetical", "documented"],
  /** Where `X-RateLimit-…` headers are: on all answers but 429, on all, on none. */
  rateHeaders: ["answers", "always", "never"],
  /** What `X-RateLimit-Reset` names: when the next request is allowed, or the end of the clock's minute. */
  resetHeader: ["next-token", "window-end"],
  /** `Retry-After` on 429. */
  retryAfter: ["never", "seconds", "date"],
  /** The answer to bad credentials. */
  unauthorized: ["401-html", "403-json"],
  /** Whether the refusal of recent SIP data has `"code":42210000`. */
  recentSipCode: ["without", "with"],
  /** Whose midnight a date without a time means, as in `start=2022-01-03`. */
  dateMidnight: ["utc", "new-york"],
  /** Whether a bar is still revised for 30 s after its end. */
  lateTrades: ["revise", "never"],
  /** How far back data goes: as far as the market's, or 2016 for SIP and July 2020 for IEX. */
  history: ["market", "by-feed"],
} as const;

/** One setting of every knob. */
export type Knobs = { readonly [K in keyof typeof KNOBS]: (typeof KNOBS)[K][number] };

/** The first setting of every knob. */
export const DEFAULT_KNOBS = Object.fromEntries(
  Object.entries(KNOBS).map(([knob, settings]) => [knob, settings[0]]),
) as unknown as Knobs;

/** `chosen` over the defaults. Throws {@link OptionsError} for a knob or a setting that does not exist. */
export function resolveKnobs(chosen: Partial<Knobs>): Knobs {
  const known = new Map<string, readonly unknown[]>(Object.entries(KNOBS));
  const issues: OptionsIssue[] = Object.entries(chosen).flatMap(([knob, setting]) => {
    const settings = known.get(knob);
    if (settings?.includes(setting)) return [];
    const expected = settings === undefined ? `one of the knobs ${[...known.keys()].join(", ")}` : settings.join(" | ");
    return [{ path: `knobs.${knob}`, expected, received: String(setting) }];
  });
  if (issues.length > 0) throw new OptionsError(issues);
  return { ...DEFAULT_KNOBS, ...chosen };
}
