import * as z from "zod";
import { OptionsError } from "../../errors.ts";
import type { Feed } from "../../model/series.ts";
import { kindOf, shownIfWord } from "../../model/shown.ts";
import { MINUTE_MS } from "../../model/units.ts";

/** What both Alpaca sources take. */
export interface AlpacaOptions {
  /** Default `https://data.alpaca.markets`; one host for paper and live accounts. */
  readonly baseUrl?: string;
  /**
   * How long one request may take, the body included, in ms; 1 to 600,000, default 20,000: a connection that died
   * without a word holds nobody up for half a minute, and a page of 1 MB may come at 50 kB a second.
   */
  readonly timeoutMs?: number;
  /** How long a URL may be, in bytes; 1,000 or more, default 8,000. Symbols are split so that it holds. */
  readonly maxUrlBytes?: number;
  /** Replaces the platform's `fetch`: for tests, proxies, and {@link alpacaSimulator}. */
  readonly fetch?: typeof fetch;
  /**
   * How old a bar must be, counted from its end, before it is asked for, in ms. Default 60,000, because late trades
   * revise a bar for about half a minute; for the `sip` feed 16 minutes, because a free account may not ask sooner and
   * is refused for the whole request. With a paid subscription pass 60,000.
   */
  readonly withheldTailMs?: number;
}

/** A key pair from the Alpaca dashboard, of a paper or a live account. */
export interface AlpacaKeys {
  /** The API key id. */
  readonly keyId: string;
  /** The API secret key. Goes into the request header and nowhere else. */
  readonly secretKey: string;
}

/** What {@link alpacaStocks} takes. */
export interface AlpacaStocksOptions extends AlpacaOptions, AlpacaKeys {
  /** Default `sip`, all exchanges: from 2016. `iex`: one exchange, from 2020, without the delay of free accounts. */
  readonly feed?: Extract<Feed, "sip" | "iex" | "otc" | "boats">;
}

/**
 * What {@link alpacaAssets} takes. The trading host, unlike the one of the data, is another for paper and live
 * accounts.
 */
export interface AlpacaAssetsOptions extends AlpacaKeys, Pick<AlpacaOptions, "timeoutMs" | "fetch"> {
  /** Default `https://paper-api.alpaca.markets`; for live keys `https://api.alpaca.markets`. */
  readonly baseUrl?: string;
}

/** Crypto bars need no credentials. */
export interface AlpacaCryptoOptions extends AlpacaOptions, Partial<AlpacaKeys> {
  /** Whose venue; default `us`. */
  readonly location?: Extract<Feed, "us" | "us-1" | "us-2" | "eu-1" | "bs-1">;
}

/** After the last trade of a bar, late ones revise it for about half a minute. */
export const SETTLING_MS = MINUTE_MS;
/** Free accounts may ask for SIP bars that are 15 minutes old; a minute more for clocks that differ. */
export const DELAYED_SIP_MS = 16 * MINUTE_MS;

const SHARED = {
  // `fetch` refuses a URL with a password in it, and says the password.
  baseUrl: z
    .url({ protocol: /^https?$/, error: "an http or https URL" })
    .refine((url) => !/^\w+:\/\/[^/]*@/.test(url), "a URL without a user name and password")
    .optional(),
  timeoutMs: z.int("a whole number from 1 to 600000").min(1, "1 or more").max(600_000, "600000 or less").optional(),
  maxUrlBytes: z.int("a whole number, 1000 or more").min(1000, "1000 or more").optional(),
  fetch: z.custom<typeof fetch>((value) => typeof value === "function", "a fetch function").optional(),
  withheldTailMs: z.int("a whole number, 0 or more").min(0, "0 or more").optional(),
};
/** Only what may stand in a header: `fetch` refuses anything else, and says the key. */
const KEY = z.string("a key from the Alpaca dashboard").regex(/^[\x21-\x7e]+$/, "a key from the Alpaca dashboard");

function optionsOf<S extends z.ZodRawShape>(shape: S, expected: string) {
  const known = `one of ${Object.keys(shape).join(", ")}`;
  return z.strictObject(shape, { error: ({ code }) => (code === "unrecognized_keys" ? known : expected) });
}

const WITH_KEYS = "an object, with keyId and secretKey";
const STOCKS = optionsOf(
  {
    ...SHARED,
    keyId: KEY,
    secretKey: KEY,
    feed: z.enum(["sip", "iex", "otc", "boats"], "sip, iex, otc or boats").optional(),
  },
  WITH_KEYS,
);
const ASSETS = optionsOf(
  {
    baseUrl: SHARED.baseUrl,
    timeoutMs: SHARED.timeoutMs,
    fetch: SHARED.fetch,
    keyId: KEY,
    secretKey: KEY,
  },
  WITH_KEYS,
);
const CRYPTO = optionsOf(
  {
    ...SHARED,
    keyId: KEY.optional(),
    secretKey: KEY.optional(),
    location: z.enum(["us", "us-1", "us-2", "eu-1", "bs-1"], "us, us-1, us-2, eu-1 or bs-1").optional(),
  },
  "an object of options, or nothing",
)
  .refine(({ keyId, secretKey }) => keyId === undefined || secretKey !== undefined, {
    path: ["secretKey"],
    error: "the secret key that goes with keyId",
  })
  .refine(({ keyId, secretKey }) => secretKey === undefined || keyId !== undefined, {
    path: ["keyId"],
    error: "the key id that goes with secretKey",
  });

/** @throws {@link OptionsError} with every problem. */
export function checkStocksOptions(options: unknown): void {
  check(STOCKS, options);
}

/** @throws {@link OptionsError} with every problem. */
export function checkAssetsOptions(options: unknown): void {
  check(ASSETS, options);
}

/** @throws {@link OptionsError} with every problem. */
export function checkCryptoOptions(options: unknown): void {
  check(CRYPTO, options);
}

/** Of what came here a number or a word is told; of all else the kind, as it may be a secret. */
const NO_SECRETS: readonly PropertyKey[] = ["feed", "location", "timeoutMs", "maxUrlBytes", "withheldTailMs"];

function check(schema: z.ZodType, options: unknown): void {
  const result = schema.safeParse(options, { reportInput: true });
  if (result.success) return;
  throw new OptionsError(
    result.error.issues.flatMap((issue) => {
      const { message: expected, path, input } = issue;
      if (issue.code === "unrecognized_keys") {
        return issue.keys.map((key) => ({ path: key, expected, received: "an unknown option" }));
      }
      const received = path.some((part) => NO_SECRETS.includes(part)) ? shownIfWord(input) : kindOf(input);
      return [{ path: path.join(".") || "(options)", expected, received }];
    }),
  );
}
