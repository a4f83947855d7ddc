import { z } from "zod";
import { FEEDS } from "../../model/series.ts";
import { TIMEFRAME_ALIASES, TIMEFRAMES, type TimeframeInput } from "../../model/timeframe.ts";
import { issue } from "../../options/check.ts";

/** Whole numbers only: what is checked here is what the JSON schema says. The library checks the rest. */
const whole = (least: number, most: number) => {
  const expected = issue(`a whole number from ${least} to ${most}`);
  return z.int(expected).min(least, expected).max(most, expected);
};
const text = (expected: string) => z.string(issue(expected)).min(1, issue(expected));

const RATE = issue('a number above 0, or "learn"');

/** What a flag, a variable of the environment and the config file can all set, under one name. */
export const SETTINGS = {
  source: z
    .enum(["alpaca-stocks", "alpaca-crypto"], issue("alpaca-stocks or alpaca-crypto"))
    .describe("Where bars come from. Default alpaca-stocks."),
  feed: z
    .enum(FEEDS, issue(`one of ${FEEDS.join(" ")}`))
    .describe("Stocks: sip (default), iex, otc or boats. Crypto: the location, us by default."),
  baseUrl: z
    .url({ protocol: /^https?$/, error: "an http or https URL" })
    .describe("The market data host. Default https://data.alpaca.markets; `barfill simulate` prints its own."),
  withheldTailMs: whole(0, 86_400_000).describe(
    "How old a bar must be, counted from its end, before it is asked for, in ms. Default 16 minutes for sip, else 1 minute; 60000 with a paid subscription.",
  ),
  requestsPerMinute: z
    .union([z.number(RATE).positive(RATE), z.literal("learn")], RATE)
    .describe("Requests a minute that your subscription allows, or learn: it finds out. Default 200."),
  burst: whole(1, 1_000_000).describe("Requests that may leave at once before the rate applies. Default none."),
  concurrency: whole(1, 1000).describe("The most slices in flight. Default: as many as fill the rate."),
  pages: whole(1, 10_000).describe("Pages that a slice should cost. Default 32; fewer make more slices at a time."),
  leaseMs: whole(1000, 86_400_000).describe(
    "How long the runs of a dead worker wait, in ms. Default 60000; 5000 in a folder, which has one worker.",
  ),
  quarantineDays: whole(1, 36_500).describe(
    "How many days a symbol that the source refused is left out, then it is asked for again. Default 7.",
  ),
  folder: text("a folder").describe(
    "A folder that holds the database (PGlite, no server). DATABASE_URL in the environment wins over it, --folder over both.",
  ),
  schema: text("a name").describe("The schema of the tables. Default barfill."),
} as const;

const SYMBOLS = z
  .union(
    [
      z.array(text("a ticker")).min(1, issue("at least one symbol")),
      z.string().regex(/^@./, issue("a list of symbols, or @ and a file")),
    ],
    issue("a list of symbols, or @ and a file"),
  )
  .describe("Tickers, or @ and a file beside this one with tickers divided by white space or commas.");
const TIMEFRAME = z.enum(
  [...TIMEFRAMES, ...(Object.keys(TIMEFRAME_ALIASES) as TimeframeInput[])],
  issue(`one of ${TIMEFRAMES.join(" ")} (or ${Object.keys(TIMEFRAME_ALIASES).join(" ")})`),
);
/** An instant as it can be typed. */
export const INSTANT_TEXT = "YYYY-MM-DD, or RFC 3339 with Z or an offset";
const INSTANT = text(INSTANT_TEXT);
const PRIORITY = whole(-1_000_000, 1_000_000).describe("Higher is worked on first. Default 0.");
const REASK = z
  .strictObject(
    {
      days: whole(1, 36_500).describe("How many days back."),
      everyHours: whole(1, 8760).describe("Once in so many hours. Default 24.").optional(),
    },
    issue("an object, as in { days: 2 }"),
  )
  .describe("A trailing window that is asked for again though it is covered, because bars are revised late.");
const LABEL = text("a label").describe("Names the work, for reports and filters: US_BATCH. Never a symbol.");

const REQUEST = z
  .strictObject(
    {
      symbols: SYMBOLS,
      timeframes: z.array(TIMEFRAME, issue("a list of timeframes")).min(1, issue("at least one timeframe")),
      start: INSTANT.describe("Inclusive: YYYY-MM-DD (midnight UTC), or RFC 3339 with Z or an offset."),
      end: INSTANT.describe("Exclusive. Without it: up to the last bar that is final.").optional(),
      adjustment: text("raw, all, or split, dividend, spin-off joined by commas")
        .describe("raw (default), all, or split, dividend, spin-off joined by commas.")
        .optional(),
      label: LABEL.optional(),
      priority: PRIORITY.optional(),
      reask: REASK.optional(),
    },
    issue("a request, with symbols, timeframes and start"),
  )
  .describe("Every symbol in every timeframe from start to end.");

const JOB = z
  .strictObject(
    {
      label: LABEL,
      symbols: SYMBOLS,
      windowDays: z
        .partialRecord(TIMEFRAME, whole(1, 36_500), issue("days by timeframe, as in { m15: 90 }"))
        .describe("Days of history by timeframe, counted back from the last bar that is final."),
      batchSize: whole(1, 10_000).describe("The most symbols a job. Default 50.").optional(),
      priority: PRIORITY.optional(),
      reask: REASK.optional(),
    },
    issue("a job, with label, symbols and windowDays"),
  )
  .describe("A standing wish, cut into jobs LABEL_1, LABEL_2, ….");

const optional = <S extends Record<string, z.ZodType>>(shape: S) =>
  Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.optional()])) as {
    [K in keyof S]: z.ZodOptional<S[K]>;
  };

/** The scalar settings, all optional. */
export const SCALARS = z.strictObject(optional(SETTINGS), issue("settings"));

/** The config file. Holds no secret: keys and the database's URL come from the environment. */
export const CONFIG = z
  .strictObject(
    {
      $schema: z.string().optional(),
      ...optional(SETTINGS),
      requests: z.array(REQUEST, issue("a list of requests")).describe("What is wanted, with fixed ends.").optional(),
      jobs: z.array(JOB, issue("a list of jobs")).describe("What is wanted, for the last so many days.").optional(),
    },
    issue("an object of settings"),
  )
  .describe("Settings of the barfill command. Flags win over the environment, the environment over this file.");

export type Scalars = z.output<typeof SCALARS>;
export type Config = z.output<typeof CONFIG>;

/** The published schema of the config file. */
export function configJsonSchema(): object {
  return { title: "barfill.config.json", ...z.toJSONSchema(CONFIG, { target: "draft-7" }) };
}
