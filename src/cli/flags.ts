import { SETTINGS } from "./settings/schema.ts";
import { flagOf } from "./settings/settings.ts";

/** A flag as commander spells it, and what it means. */
export type FlagDefinition = readonly [flag: string, description: string];

type Setting = keyof typeof SETTINGS;

/** The flag of a setting, described as the config file describes it. */
function setting(name: Setting, value: string): FlagDefinition {
  return [`${flagOf(name)} <${value}>`, SETTINGS[name].description ?? ""];
}

export const COMMON: readonly FlagDefinition[] = [
  ["--config <file>", "The config file. Default: barfill.config.json here or in a folder above."],
  // Not --env-file: Node 20 takes that for its own wherever it stands, and ends with 9 where there is no such file.
  ["--env <file>", "NAME=value lines for what the environment lacks: keys, DATABASE_URL."],
  ["--json", "The answer as one line of JSON; errors too."],
];

export const DATABASE: readonly FlagDefinition[] = [
  ["--folder <dir>", "A database in a folder (PGlite, no server); wins over DATABASE_URL."],
  setting("schema", "name"),
];

export const SOURCE: readonly FlagDefinition[] = [
  setting("source", "name"),
  setting("feed", "name"),
  setting("baseUrl", "url"),
  setting("withheldTailMs", "ms"),
];

export const RATE: readonly FlagDefinition[] = [setting("requestsPerMinute", "number|learn")];

export const PACE: readonly FlagDefinition[] = [
  ...RATE,
  setting("burst", "requests"),
  setting("concurrency", "slices"),
  setting("leaseMs", "ms"),
];

export const QUARANTINE: readonly FlagDefinition[] = [setting("quarantineDays", "days")];

export const PAGES: readonly FlagDefinition[] = [setting("pages", "pages")];

export const WISH: readonly FlagDefinition[] = [
  ["--symbols <list>", "Tickers divided by commas, or @ and a file: SPY,IBM or @symbols.txt."],
  ["--timeframes <list>", "Timeframes divided by commas: 1Min,1Hour,1Day (or m1,h1,d1)."],
  ["--start <instant>", "Inclusive: YYYY-MM-DD (midnight UTC), or RFC 3339 with Z or an offset."],
  ["--end <instant>", "Exclusive. Without it: up to the last bar that is final."],
  ["--adjustment <kind>", "raw (default), all, or split, dividend, spin-off joined by commas."],
  [
    "--label <label>",
    "With --symbols: names the work. Without: only what has this label, or one that was cut from it: US_BATCH means US_BATCH_2 too.",
  ],
  ["--priority <number>", "Higher is worked on first. Default 0."],
  ["--saved", "In place of the config: the jobs that are saved in the database and enabled."],
];

export const RUNS: readonly FlagDefinition[] = [
  ["--label <label>", "Only runs of this label, and of those that were cut from it: US_BATCH means US_BATCH_2 too."],
  ["--timeframe <timeframe>", "Only runs of this timeframe."],
];
