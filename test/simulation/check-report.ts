import type { Report } from "../../src/index.ts";
import type { Interval } from "../../src/model/interval.ts";
import type { Series } from "../../src/model/series.ts";
import { parseTimeframe } from "../../src/model/timeframe.ts";
import type { BackfillRequest } from "../../src/options/request.ts";
import { barSpan } from "../../src/testing/market/grid.ts";
import { gridOf } from "../../src/testing/simulator/walk.ts";
import { checkEndings, checkStates, type Mark } from "./check-endings.ts";
import { minus, sameSpans, show, union } from "./spans.ts";
import { ALWAYS, barsOf, seriesOf } from "./truth.ts";
import { isMalformed } from "./workload.ts";
import type { World } from "./world.ts";

/** What the store covers, by timeframe and symbol. */
export type Held = ReadonlyMap<string, readonly Interval[]>;

export async function heldNow(world: World): Promise<Held> {
  const held = new Map<string, readonly Interval[]>();
  for (const series of seriesOf(world)) {
    const coverage = await world.store.coverage([series], ALWAYS);
    held.set(nameOf(series), [...coverage.values()][0] ?? []);
  }
  return held;
}

interface ReportCheck {
  readonly requests: readonly BackfillRequest[];
  /** What was held when the report was asked for, where that is known. */
  readonly before?: Held | undefined;
  /** Where the worker stood when it began to work, where it did. */
  readonly mark?: Mark | undefined;
  /** True when nothing changes any more. */
  readonly isLast: boolean;
}

/**
 * The report's gaps are the truth: what is wanted, less what is held. While others commit, between before and after.
 */
export async function checkReport(
  world: World,
  report: Report,
  { requests, before, mark, isLast }: ReportCheck,
): Promise<void> {
  const { violations } = world;
  const after = await heldNow(world);
  const wanted = spansBySeries(report.wanted);
  const withheld = spansBySeries(report.withheld);
  const gaps = new Map(report.gaps.map(({ series, intervals }) => [nameOf(series), intervals]));

  const asked = new Set(requests.flatMap(seriesNames));
  const named = new Set(report.series.map(({ series }) => nameOf(series)));
  for (const name of asked) if (!named.has(name)) violations.add(`report: says nothing of ${name}`);
  for (const name of named) if (!asked.has(name)) violations.add(`report: nobody asked for ${name}`);
  for (const { series } of report.series) {
    const name = nameOf(series);
    const mine = wanted.get(name) ?? [];
    const told = gaps.get(name) ?? [];
    const missing = minus(mine, after.get(name) ?? []);
    const forgotten = minus(missing, told);
    if (forgotten.length > 0) violations.add(`report: forgets the gap ${name} ${show(forgotten)}`);
    const most = isLast ? missing : minus(mine, before?.get(name) ?? []);
    const madeUp = minus(told, most);
    if (madeUp.length > 0) violations.add(`report: makes up the gap ${name} ${show(madeUp)}`);
    checkWanted(world, requests, series, mine, withheld.get(name) ?? []);
  }
  if (report.complete !== (gaps.size === 0 && withheld.size === 0))
    violations.add("report: complete is not what it says");
  for (const series of report.empty) {
    const spans = wanted.get(nameOf(series)) ?? [];
    if (spans.some((span) => barsOf(world, series, span).size > 0))
      violations.add(`report: ${nameOf(series)} is not empty`);
  }
  const refused = new Set(await refusedNow(world));
  for (const { symbol } of report.quarantined) {
    if (!isMalformed(symbol)) violations.add(`quarantine: ${symbol} is a good symbol`);
    if (!refused.delete(symbol)) violations.add(`quarantine: ${symbol} is not in it`);
  }
  if (isLast && refused.size > 0) violations.add(`quarantine: the report forgets ${[...refused].join()}`);
  checkStates(world, report);
  if (mark !== undefined) checkEndings(world, report, mark);
  if (report.bars !== report.inserted + report.revised + report.unchanged) violations.add("report: bars do not add up");
}

/** All that was asked for is either wanted or withheld, and nothing is wanted of a bar that is not over. */
function checkWanted(
  world: World,
  requests: readonly BackfillRequest[],
  series: Series,
  wanted: readonly Interval[],
  withheld: readonly Interval[],
): void {
  const { violations, schedule, scheduler, workload, knobs } = world;
  // A clock that is wrong is wrong about what is over; what is covered then is checked all the same.
  if (schedule.clockSteps > 0) return;
  const { symbol, timeframe } = series;
  const zone = workload.kind === "crypto" ? knobs.cryptoDayAnchor : "new-york";
  const forming = barSpan(timeframe, scheduler.now() - workload.withheldTailMs, zone, gridOf(knobs)).start;
  const tooSoon = minus(wanted, [{ start: ALWAYS.start, end: forming }]);
  if (tooSoon.length > 0) violations.add(`withheld: ${nameOf(series)} is wanted before it is over: ${show(tooSoon)}`);
  const asked = requests.filter(
    (one) => one.symbols.includes(symbol) && one.timeframes.some((each) => parseTimeframe(each) === timeframe),
  );
  if (asked.some(({ end }) => end === undefined)) return;
  const all = union(asked.map(({ start, end }) => ({ start: Number(start), end: Number(end) })));
  if (!sameSpans(union(wanted, withheld), all))
    violations.add(`report: ${nameOf(series)} was asked for as ${show(all)}`);
}

/** The symbols in quarantine that somebody may want. */
async function refusedNow(world: World): Promise<string[]> {
  const series = seriesOf(world);
  const symbols = new Set(series.map(({ symbol }) => symbol));
  const entries = await world.quarantine.list(series[0]?.provider ?? "");
  return entries.map(({ symbol }) => symbol).filter((symbol) => symbols.has(symbol));
}

function spansBySeries(spans: Report["wanted"]): Map<string, Interval[]> {
  const found = new Map<string, Interval[]>();
  for (const { series, interval } of spans) {
    found.set(nameOf(series), [...(found.get(nameOf(series)) ?? []), interval]);
  }
  return found;
}

function seriesNames({ symbols, timeframes }: BackfillRequest): string[] {
  return timeframes.flatMap((timeframe) => symbols.map((symbol) => `${parseTimeframe(timeframe)} ${symbol}`));
}

function nameOf({ timeframe, symbol }: Series): string {
  return `${timeframe} ${symbol}`;
}
