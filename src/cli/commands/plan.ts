import { ALPACA_SUBSCRIPTIONS } from "../../adapters/alpaca/index.ts";
import { BYTES_PER_BAR } from "../../adapters/postgres/index.ts";
import { defined } from "../../model/defined.ts";
import { groupBy } from "../../model/group-by.ts";
import { calendarFor } from "../../model/session.ts";
import type { Slice } from "../../model/slice.ts";
import { sum } from "../../model/sum.ts";
import { MINUTE_MS } from "../../model/units.ts";
import { type Advice, advise } from "../../planners/advice.ts";
import { type Estimate, INITIAL_COST_MODEL } from "../../planners/cost-model.ts";
import type { Plan } from "../../planning/plan.ts";
import { EXIT } from "../exit-code.ts";
import { backfillOf, type Command, targetInput, wishIn, withTarget } from "../invocation.ts";
import { expectedRate, type Rate, rateOf, rateText } from "../rate.ts";
import { describeSource, isStocks } from "../source.ts";
import { type SymbolAdvice, symbolAdvice } from "../symbol-advice.ts";
import { openTargetOrMemory } from "../target/target.ts";
import type { Terminal } from "../terminal.ts";
import { table } from "../text/table.ts";
import { bytes, count, duration, plural, span } from "../text/words.ts";

/** What `barfill plan --json` prints. */
interface PlanAnswer {
  readonly target: string;
  readonly slices: number;
  readonly bars: Estimate;
  readonly requests: Estimate;
  readonly certainty: string;
  /** At which `minutes` are counted. */
  readonly requestsPerMinute: number;
  readonly minutes: Estimate;
  readonly diskBytes: Estimate;
  readonly batches: readonly Batch[];
  readonly subscriptions: readonly Subscription[];
  readonly advice: readonly (Advice | SymbolAdvice)[];
  /** Series of which something is too recent to be final or allowed. */
  readonly withheld: number;
  readonly quarantined: Plan["quarantined"];
  /** With `--slices`. */
  readonly sliceList?: readonly Slice[];
}

interface Batch {
  readonly label?: string;
  readonly timeframe: string;
  readonly symbols: number;
  readonly slices: number;
  readonly bars: number;
  readonly requests: number;
}

interface Subscription {
  readonly name: string;
  readonly requestsPerMinute: number;
  readonly minutes: Estimate;
}

export const plan: Command = async (invocation) => {
  const { terminal, flags, settings } = invocation;
  const rate = rateOf(settings);
  return withTarget(openTargetOrMemory(targetInput(invocation)), async (target) => {
    const source = describeSource(invocation);
    const made = await backfillOf(invocation, { target, source }).plan(await wishIn(invocation, target));
    const { slices, estimate } = made;
    const requestsPerMinute = expectedRate(rate);
    const { limits } = source;
    const cost = { limits, calendar: calendarFor(limits.hours), cost: INITIAL_COST_MODEL };
    const answer: PlanAnswer = {
      target: target.name,
      slices: slices.length,
      bars: estimate.bars,
      requests: estimate.requests,
      certainty: estimate.certainty,
      requestsPerMinute,
      minutes: estimate.minutes,
      diskBytes: times(estimate.bars, BYTES_PER_BAR),
      batches: batchesOf(slices),
      subscriptions: ALPACA_SUBSCRIPTIONS.map(({ name, requestsPerMinute }) => ({
        name,
        requestsPerMinute,
        minutes: times(estimate.requests, 1 / requestsPerMinute),
      })),
      advice: [
        ...(isStocks(invocation) ? symbolAdvice(slices.flatMap(({ symbols }) => symbols)) : []),
        ...advise(slices, { ...cost, requestsPerMinute }),
      ],
      withheld: made.wanted.withheld.length,
      quarantined: made.quarantined,
      ...(flags["slices"] === true ? { sliceList: slices } : {}),
    };
    if (terminal.json) terminal.answer(answer);
    else printPlan(terminal, answer, rate);
    return EXIT.complete;
  });
};

function printPlan(terminal: Terminal, answer: PlanAnswer, rate: Rate): void {
  const { slices, bars, requests, certainty, minutes, diskBytes } = answer;
  terminal.print(`into ${answer.target}`);
  if (slices === 0) terminal.print("nothing to do: all that is wanted and allowed is covered, or queued already");
  else {
    terminal.print();
    const rows = answer.batches.map((batch) => [
      batch.label ?? "",
      batch.timeframe,
      ...[batch.symbols, batch.slices, batch.bars, batch.requests].map(count),
    ]);
    for (const line of table(["label", "bars of", "symbols", "slices", "bars", "requests"], rows, { words: 2 }))
      terminal.print(line);
    terminal.print();
    terminal.print(`slices:    ${count(slices)}`);
    terminal.print(`bars:      ${range(bars, count)}`);
    terminal.print(`requests:  ${range(requests, count)} (${certainty})`);
    terminal.print(`time:      ${range(minutes, lasting)} at ${rateText(rate)}`);
    terminal.print(`disk:      ${range(diskBytes, bytes)}, with the index, without the log`);
    terminal.print();
    const plans = answer.subscriptions.map(({ name, requestsPerMinute, minutes }) => [
      name,
      count(requestsPerMinute),
      lasting(minutes.expected),
      lasting(minutes.worst),
    ]);
    for (const line of table(["subscription", "a minute", "expected", "at worst"], plans)) terminal.print(line);
  }
  for (const { message } of answer.advice) terminal.print(`\nadvice: ${message}`);
  if (answer.withheld > 0)
    terminal.print(
      `\nwithheld: the end of ${plural(answer.withheld, "series", "series")} is too recent; ask again later`,
    );
  if (answer.quarantined.length > 0)
    terminal.print(`\nleft out, refused before: ${answer.quarantined.map(({ symbol }) => symbol).join(", ")}`);
  for (const { id, timeframe, symbols, interval, estimate } of answer.sliceList ?? [])
    terminal.print(
      `${id}  ${timeframe}  ${span(interval)}  ${plural(estimate.pages, "page")}  ${symbols.slice(0, 5).join(",")}` +
        (symbols.length > 5 ? ` and ${symbols.length - 5} more` : ""),
    );
}

function batchesOf(slices: readonly Slice[]): Batch[] {
  const groups = groupBy(slices, ({ label, timeframe }) => `${timeframe}|${label ?? ""}`);
  return [...groups.values()].map((group) => {
    const { label, timeframe } = group[0];
    return {
      ...defined({ label }),
      timeframe,
      symbols: new Set(group.flatMap(({ symbols }) => symbols)).size,
      slices: group.length,
      bars: sum(group, ({ estimate }) => estimate.bars),
      requests: sum(group, ({ estimate }) => estimate.pages),
    };
  });
}

function times({ expected, worst }: Estimate, factor: number): Estimate {
  return { expected: expected * factor, worst: worst * factor };
}

function range({ expected, worst }: Estimate, text: (value: number) => string): string {
  return `${text(expected)} expected, ${text(worst)} at worst`;
}

function lasting(minutes: number): string {
  return duration(minutes * MINUTE_MS);
}
