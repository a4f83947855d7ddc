// What must not compile, and what must without a cast; `tsc --noEmit` is the test. A line that should fail and compiles
// is an error of its own: its `@ts-expect-error` has nothing to expect.
import {
  ADJUSTMENTS,
  type Backfill,
  type BackfillEvent,
  type BackfillRequest,
  type BarSource,
  createBackfill,
  defineJobs,
  type ErrorCode,
  type FailedRun,
  type JobDefinition,
  type Label,
  type MarketSymbol,
  type Plan,
  type Report,
  type RunError,
  type Series,
  type SourceLimits,
  seriesOf,
  TIMEFRAMES,
  type WorkedRun,
} from "barfill";
import { alpacaCrypto, alpacaStocks } from "barfill/alpaca";
import { memoryQueue, memoryStore } from "barfill/memory";

declare const backfill: Backfill;
declare const job: JobDefinition;
declare const symbol: MarketSymbol;
declare const text: string;
declare const texts: readonly string[];
declare const limits: SourceLimits;
declare const fetchPage: BarSource["fetchPage"];

/** A label is no symbol, and a symbol no label. */
export function names(plan: Plan): readonly unknown[] {
  const request = { timeframes: ["1Day"], start: "2024-01-02" } as const;
  const [slice] = plan.slices;

  const plain: BackfillRequest = { ...request, symbols: texts, label: text };
  const literal: BackfillRequest = { ...request, symbols: ["SPY", text], label: "US_BATCH_1" };
  const own: BackfillRequest = { ...request, symbols: job.symbols, label: job.label };
  const asText: string[] = [job.label, ...job.symbols, ...(slice?.symbols ?? [])];
  const jobs = defineJobs({ label: text, symbols: texts, windowDays: { m15: 90 } });

  // @ts-expect-error a label among the symbols of a request
  const labelled: BackfillRequest = { ...request, symbols: [job.label] };
  // @ts-expect-error a symbol as the label of a request
  const swapped: BackfillRequest = { ...request, symbols: job.symbols, label: symbol };
  // @ts-expect-error a label as the symbol of a series
  const series: Partial<Series> = { symbol: job.label };
  // @ts-expect-error a label among the symbols of a job
  const renamed: JobDefinition = { ...job, symbols: [job.label] };
  // @ts-expect-error labels as the symbols that are cut into jobs
  defineJobs({ label: "US_BATCH", symbols: jobs.map(({ label }) => label), windowDays: { m15: 90 } });
  // @ts-expect-error a symbol where runs are filtered by label
  backfill.cancel({ label: symbol });
  // @ts-expect-error a label where symbols are let out of quarantine
  backfill.quarantine.lift("alpaca", [job.label]);
  // @ts-expect-error a symbol as the label of a slice
  const slices = plan.slices.map((one) => ({ ...one, label: symbol }) satisfies typeof one);
  const bothWays: [Label, MarketSymbol] = [text, text];

  return [plain, literal, own, asText, labelled, swapped, series, renamed, slices, bothWays];
}

/** What goes into the queue was planned, and is as it was planned. */
export async function plans(plan: Plan): Promise<void> {
  await backfill.enqueue(await backfill.plan({ symbols: ["SPY"], timeframes: ["d1"], start: "2024-01-02" }));

  const { wanted, slices, estimate, quarantined } = plan;
  // @ts-expect-error a plan put together by hand
  await backfill.enqueue({ wanted, slices, estimate, quarantined });
  // @ts-expect-error a plan with more slices
  await backfill.enqueue({ ...plan, slices: [...plan.slices, ...plan.slices] });
  // @ts-expect-error a plan with more slices, put together later
  await backfill.enqueue(Object.assign({}, { ...plan }, { slices }));
  // @ts-expect-error a plan that came as JSON
  await backfill.enqueue(JSON.parse(text) as Pick<Plan, "wanted" | "slices" | "estimate" | "quarantined">);
  // @ts-expect-error a request in place of its plan
  await backfill.enqueue({ symbols: ["SPY"], timeframes: ["d1"], start: "2024-01-02" });
  // @ts-expect-error one more slice
  plan.slices.push(...plan.slices);
  // @ts-expect-error a slice less
  plan.slices.length = 0;
  // @ts-expect-error other slices
  plan.slices = [];
  for (const slice of plan.slices) {
    // @ts-expect-error a slice that asks for more than its id says
    slice.interval.end = 0;
    // @ts-expect-error a slice of one more symbol
    slice.symbols.push("SPY");
    // @ts-expect-error series that are no longer those of the slice
    seriesOf(slice).map((series) => (series.adjustment = "raw"));
  }
}

/** A source says what it allows. */
export function sources(): readonly BarSource[] {
  const { withheldTailMs: _, ...withoutTail } = limits;
  return [
    { provider: "mine", feed: "sip", limits, fetchPage },
    // @ts-expect-error a source without limits
    { provider: "mine", feed: "sip", fetchPage },
    // @ts-expect-error limits that leave out how old a bar must be
    { provider: "mine", feed: "sip", limits: withoutTail, fetchPage },
    // @ts-expect-error a source that cannot be asked
    { provider: "mine", feed: "sip", limits },
    // A feed of one's own.
    { provider: "mine", feed: "cta", limits, fetchPage, symbolExpected: (symbol) => (symbol ? undefined : "a pair") },
    // @ts-expect-error a feed that Alpaca does not have
    alpacaStocks({ keyId: text, secretKey: text, feed: "cta" }),
    // @ts-expect-error a feed of another market
    alpacaStocks({ keyId: text, secretKey: text, feed: "us-1" }),
    // @ts-expect-error one key of two
    alpacaStocks({ keyId: text }),
    // @ts-expect-error a location misspelt
    alpacaCrypto({ location: "eu1" }),
  ];
}

/** Words that are known are checked, so that editors can complete them. */
export function words(source: BarSource): readonly BackfillRequest[] {
  const parts = { source, store: memoryStore(), queue: memoryQueue() };
  createBackfill({ ...parts, requestsPerMinute: "learn" });
  // @ts-expect-error a word that is no rate
  createBackfill({ ...parts, requestsPerMinute: "max" });
  // @ts-expect-error a backfill without a queue
  createBackfill({ source, store: memoryStore() });
  // @ts-expect-error an option misspelt
  createBackfill({ ...parts, requestPerMinute: 200 });
  // @ts-expect-error a state misspelt
  backfill.retryFailed({ states: ["fail"] });
  // @ts-expect-error a timeframe misspelt
  defineJobs({ label: "US_BATCH", symbols: ["SPY"], windowDays: { m16: 90 } });

  const request = { symbols: ["SPY"], start: "2024-01-02" };
  return [
    { ...request, timeframes: ["1Min", "m15", "h4", ...TIMEFRAMES], adjustment: "split" },
    // @ts-expect-error a timeframe misspelt
    { ...request, timeframes: ["15min"] },
    // @ts-expect-error a timeframe that there is not
    { ...request, timeframes: ["2Hour"] },
    // @ts-expect-error no start
    { symbols: ["SPY"], timeframes: ["1Day"] },
    // @ts-expect-error one symbol that is no list
    { ...request, symbols: "SPY", timeframes: ["1Day"] },
  ];
}

/** Adjustments are words too, joined in any order. */
export function adjustments(take: (adjustment: BackfillRequest["adjustment"]) => void): void {
  ADJUSTMENTS.forEach(take);
  take("dividend,split");
  take("spin-off,dividend,split");
  // @ts-expect-error an adjustment misspelt
  take("adj");
  // @ts-expect-error a part misspelt
  take("split,dividends");
  // @ts-expect-error a part twice
  take("split,split");
  // @ts-expect-error all, and a part of it
  take("all,split");
  // @ts-expect-error a text that may be anything
  take(text);
}

/** Codes of errors are offered by name, and may be others. */
export function codes(run: RunError, failed: FailedRun, halted: NonNullable<Report["halted"]>): readonly string[] {
  // An open `string` would swallow these: nothing could be extracted from it.
  type Known<T extends { readonly code: string }> = Extract<T["code"], ErrorCode | "UNEXPECTED">;
  const known: [Known<RunError>, Known<FailedRun["error"]>, Known<typeof halted>] = [
    "LEASE_LOST",
    "STORE_FAILED",
    "UNEXPECTED",
  ];
  const kept: RunError = { code: text, message: text };
  const own: RunError = { code: "DISPATCH_REFUSED", message: text };
  // @ts-expect-error a code that is no text
  const numbered: RunError = { code: 503, message: text };
  return [...known, kept.code, own.code, numbered.code, run.code, failed.error.code, halted.code];
}

/** A handler of one type of event says which. */
export function events(all: readonly BackfillEvent[], event: BackfillEvent): readonly unknown[] {
  const onPage = ({ bars, settled, at }: BackfillEvent<"page">) => [bars, settled, at];
  const onEnd = (ended: BackfillEvent<"completed" | "failed">) =>
    ended.type === "failed" ? ended.error.code : ended.result.bars;
  const ofType = <T extends BackfillEvent["type"]>(type: T) =>
    all.filter((one): one is BackfillEvent<T> => one.type === type);
  const told: unknown[] = [...ofType("page").map(onPage), ...ofType("completed").map(onEnd)];
  if (event.type === "page") told.push(onPage(event));
  if (event.type === "completed" || event.type === "failed") told.push(onEnd(event));
  // @ts-expect-error a page in place of an end
  ofType("page").map(onEnd);
  // @ts-expect-error what a page does not tell
  const onError = ({ error }: BackfillEvent<"page">) => error;
  // @ts-expect-error a type that there is not
  const onPages = (pages: BackfillEvent<"pages">) => pages;
  return [...told, onError, onPages];
}

/** What a run came to is for reading. */
export function totals({ tally }: WorkedRun): number {
  // @ts-expect-error a count set
  tally.requests = 0;
  // @ts-expect-error a bad bar more
  tally.bad.push(...tally.bad);
  // @ts-expect-error a question less
  tally.asked.length = 0;
  // @ts-expect-error a symbol more
  tally.symbolsWithBars.add("SPY");
  return tally.requests + tally.inserted + tally.symbolsWithBars.size;
}
