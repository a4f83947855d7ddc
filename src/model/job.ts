import type { Label, MarketSymbol } from "./names.ts";
import type { OptionsIssue } from "./options-issue.ts";
import type { Timeframe } from "./timeframe.ts";

/** A standing wish: these symbols, in this timeframe, for the last so many days. */
export interface JobDefinition {
  /** Names the job for people: `US_BATCH_1`. Never a symbol. */
  readonly label: Label;
  /** One or more tickers as the source spells them, none twice: `SPY`, `BRK.B`, `BTC/USD`. */
  readonly symbols: readonly MarketSymbol[];
  /** One a job: label and timeframe together name it. */
  readonly timeframe: Timeframe;
  /** How far back from where the last bar that is final opened, in days of 24 hours, 1 or more. */
  readonly windowDays: number;
  /** Higher is worked on first. */
  readonly priority: number;
  /** What is asked for again though it is covered, because bars are revised late: so many days, once a period. */
  readonly reask?: { readonly days: number; readonly everyHours?: number };
  /** A disabled job is kept and not worked on. */
  readonly enabled: boolean;
}

/** A job that cannot be planned, and why. The others are. */
export interface RefusedJob {
  /** As it is written there; label and timeframe together name a job. */
  readonly label: string;
  /** As it is written there, which may be none. */
  readonly timeframe: string;
  /** Every problem with it: in which field, what would do, and what came. */
  readonly issues: readonly OptionsIssue[];
}
