import * as z from "zod";
import type { Arrivals } from "../contracts/arrivals.ts";
import type { AssetList } from "../contracts/asset-list.ts";
import type { BarSource } from "../contracts/bar-source.ts";
import type { BarStore } from "../contracts/bar-store.ts";
import type { Clock } from "../contracts/clock.ts";
import type { Observer } from "../contracts/observer.ts";
import type { Quarantine } from "../contracts/quarantine.ts";
import type { RateLimiter } from "../contracts/rate-limiter.ts";
import type { SliceQueue } from "../contracts/slice-queue.ts";
import type { RetryPolicy } from "../executor/retry.ts";
import type { TradingCalendar } from "../model/session.ts";
import type { Planner } from "../planners/planner.ts";
import { check, issue, wholeNumber } from "./check.ts";

/** Alpaca's free plan. */
export const DEFAULT_REQUESTS_PER_MINUTE = 200;
export const DEFAULT_LEASE_MS = 60_000;

/** What {@link createBackfill} is made of. */
export interface BackfillOptions {
  /** Where bars come from, such as `alpacaStocks`. */
  readonly source: BarSource;
  /** Where bars and coverage go, such as `postgresStore`. */
  readonly store: BarStore;
  /** What is to be done. Workers that share one share the work, also from other machines. */
  readonly queue: SliceQueue;
  /**
   * Requests a minute that the source allows; above 0, default 200 (Alpaca's free plan). A ceiling, save for what the
   * source lets be made up for after a hold (`limits.makeUp`) and for `burst`: where the source says or shows that it
   * allows fewer, the rate comes down to that by itself. `"learn"` where you do not know: it begins with 200, takes
   * what the source's answers say, and where they say nothing goes up until it is refused. Ignored with `limiter`.
   */
  readonly requestsPerMinute?: number | "learn";
  /**
   * Requests that may leave at once before the rate applies: the bucket of the service; 1 or more. Default none:
   * requests are evenly spaced, which no service can mistake. Ignored with `limiter`.
   */
  readonly burst?: number;
  /**
   * The most slices in flight; 1 to 1000. Each has one request under way at most. Default: as many as fill the rate
   * when an answer takes half a second, at least 4, at most 100; 100 with `requestsPerMinute: "learn"`.
   */
  readonly concurrency?: number;
  /** How gaps become slices. Default {@link pageBudget}. */
  readonly planner?: Planner;
  /**
   * Shares one allowance among several backfills of a process, as one {@link bottleneckLimiter}. Default: one of its
   * own.
   */
  readonly limiter?: RateLimiter;
  /** Keeps refused symbols. Default: in memory, for the life of this backfill. */
  readonly quarantine?: Quarantine;
  /** How many days of 24 hours a refused symbol is left out; 1 to 36,500, default 7. Then it is asked for again. */
  readonly quarantineDays?: number;
  /**
   * Which symbols there are, so that a report can tell why a series is empty; asked once a report that has such a
   * series. Default: nobody knows, and the reasons are told from the bars that are held.
   */
  readonly assets?: AssetList;
  /** When the market trades, for estimates. Default: by the source's hours. */
  readonly calendar?: TradingCalendar;
  /** Time and waiting. Default: the machine's. */
  readonly clock?: Clock;
  /** Chance in [0, 1), for jitter and tokens. Default `Math.random`. */
  readonly random?: () => number;
  /** Hears of everything that happens. */
  readonly observer?: Observer;
  /** Names this worker in the queue. Default: a random name. */
  readonly workerId?: string;
  /**
   * How long a lease holds without renewal, in ms; 1,000 or more, default 60,000. A dead worker's runs wait that long.
   */
  readonly leaseMs?: number;
  /** How long to wait before asking an empty queue again, in ms; 1 or more, default 1,000. */
  readonly pollMs?: number;
  /** Wakes this worker as soon as a run falls due, as `postgresArrivals` does. Default: it polls, and nothing else. */
  readonly arrivals?: Arrivals;
  /** How often and how long to try. Default four times a page and five times a run, waiting from 0.5 s to a minute. */
  readonly retry?: Partial<RetryPolicy>;
}

/** A method by name is all that is asked of what callers bring: their own adapters are typed by shape. */
const withMethods = <T>(what: string, ...methods: string[]) =>
  z.custom<T>(
    (value) =>
      typeof value === "object" && value !== null && methods.every((m) => typeof Reflect.get(value, m) === "function"),
    issue(`${what}, with ${methods.join(", ")}`),
  );
const callable = <T>(what: string) => z.custom<T>((value) => typeof value === "function", issue(what));
/** Without one of these, or with one that is `NaN`, a plan would be cut by `NaN`. */
const LIMITS = ["pageSize", "symbolsPerRequest", "symbolBytes", "historyStart", "withheldTailMs"] as const;
const SOURCE = withMethods<BarSource>("a bar source", "fetchPage")
  .refine(
    // A `|` would let two series share a key.
    ({ provider, feed, limits, symbolExpected }) =>
      [provider, feed].every((name) => typeof name === "string" && !name.includes("|")) &&
      (symbolExpected === undefined || typeof symbolExpected === "function") &&
      LIMITS.every((limit) => typeof limits?.[limit] === "number" && !Number.isNaN(limits[limit])),
    issue(`a bar source, with provider and feed (without "|") and limits (${LIMITS.join(", ")})`),
  )
  .refine(
    ({ limits }) => limits?.makeUp === undefined || (Number.isSafeInteger(limits.makeUp) && limits.makeUp >= 0),
    issue("a bar source, whose limits.makeUp is a whole number of 0 or more where there is one"),
  );

const RATE_EXPECTED = 'a finite number above 0, or "learn"';

const BACKFILL = z.strictObject(
  {
    source: SOURCE,
    store: withMethods<BarStore>("a bar store", "commit", "coverage", "read"),
    queue: withMethods<SliceQueue>(
      "a slice queue",
      "enqueue",
      "lease",
      "renew",
      "complete",
      "retry",
      "fail",
      "cancel",
      "requeue",
      "open",
      "running",
      "counts",
    ),
    requestsPerMinute: z
      .custom<number | "learn">(
        (rate) => rate === "learn" || (Number.isFinite(rate) && Number(rate) > 0),
        issue(RATE_EXPECTED),
      )
      .optional(),
    burst: wholeNumber(1, 1_000_000).optional(),
    concurrency: wholeNumber(1, 1000).optional(),
    planner: callable<Planner>("a planner, such as pageBudget()").optional(),
    limiter: withMethods<RateLimiter>("a rate limiter", "schedule", "observe", "holdUntil").optional(),
    quarantine: withMethods<Quarantine>("a quarantine", "add", "list", "lift").optional(),
    quarantineDays: wholeNumber(1, 36_500).optional(),
    assets: callable<AssetList>("a function that lists assets, such as alpacaAssets({ … })").optional(),
    calendar: withMethods<TradingCalendar>("a trading calendar", "sessions").optional(),
    clock: withMethods<Clock>("a clock", "now", "sleep").optional(),
    random: callable<() => number>("a function that returns a number in [0, 1)").optional(),
    observer: callable<Observer>("a function that takes an event").optional(),
    workerId: z.string(issue("a name")).min(1, issue("a name")).optional(),
    leaseMs: wholeNumber(1000, 86_400_000).optional(),
    pollMs: wholeNumber(1, 3_600_000).optional(),
    arrivals: withMethods<Arrivals>("arrivals", "listen").optional(),
    retry: z
      .strictObject(
        {
          pageAttempts: wholeNumber(1, 100).optional(),
          runAttempts: wholeNumber(1, 100).optional(),
          runExpiries: wholeNumber(1, 1000).optional(),
          baseDelayMs: wholeNumber(0, 3_600_000).optional(),
          maxDelayMs: wholeNumber(0, 86_400_000).optional(),
        },
        issue("an object of numbers, as in { runAttempts: 5 }"),
      )
      .optional(),
  },
  issue("an object, with source, store and queue"),
);

const NUMBERS = ["requestsPerMinute", "burst", "concurrency", "quarantineDays", "leaseMs", "pollMs", "retry"];

/** @throws {@link OptionsError} with every problem. */
export function checkBackfillOptions(options: unknown): void {
  // No text is shown but words in place of numbers: a store's place is where the URL of a database may end up.
  check(BACKFILL, options, { texts: "hide", words: NUMBERS });
}
