import type { Report } from "../../src/index.ts";
import type { SeriesState } from "../../src/model/report.ts";
import type { Series } from "../../src/model/series.ts";
import type { Slice } from "../../src/model/slice.ts";
import { minus, show } from "./spans.ts";
import type { World } from "./world.ts";

/** What the queue was told by one worker, in the order in which it took effect. */
export interface Deed {
  readonly what: "lease" | "fail";
  readonly workerId: string;
  readonly slice: Slice;
  /** Of the error, where it failed. */
  readonly code?: string;
}

/** Bars that came over the wire and cannot be, as `timeframe symbol openTime`, by worker and in their order. */
export type BadBars = ReadonlyMap<string, readonly string[]>;

/** Where a worker stood when its `run` began. */
export interface Mark {
  readonly workerId: string;
  readonly deeds: number;
  readonly badBars: number;
}

/** Of the bad bars of a run no more are kept. */
const BAD_BARS_A_RUN = 10;

export function markNow({ deeds, badBars }: World, workerId: string): Mark {
  return { workerId, deeds: deeds.length, badBars: badBars.get(workerId)?.length ?? 0 };
}

/** What a report says of runs that failed and of bars that were kept out is what the worker did since `mark`. */
export function checkEndings(world: World, report: Report, { workerId, ...before }: Mark): void {
  const { violations, schedule, counts } = world;
  const mine = world.deeds.slice(before.deeds).filter((deed) => deed.workerId === workerId);
  const leases = mine.filter(({ what }) => what === "lease");
  for (const { sliceId, symbols, timeframe, interval, error } of report.failed) {
    const told = mine.some(
      ({ what, slice, code }) =>
        what === "fail" &&
        slice.id === sliceId &&
        code === error.code &&
        slice.timeframe === timeframe &&
        slice.symbols.join() === symbols.join() &&
        show([slice.interval]) === show([interval]),
    );
    // Where the queue's answer was lost, the run was ended by this worker all the same.
    if (!told) violations.add(`failed: the report makes up a failure of ${symbols} ${timeframe}`);
  }
  const last = new Map(mine.map((deed) => [deed.slice.id, deed]));
  const named = new Set(report.failed.map(({ sliceId }) => sliceId));
  for (const [id, { what, slice }] of last) {
    // A run that failed while the answer was lost counts as lost.
    if (what !== "fail" || named.has(id) || schedule.queue.after > 0) continue;
    violations.add(`failed: the report forgets a failure of ${slice.symbols} ${slice.timeframe}`);
  }

  const came = world.badBars.get(workerId)?.slice(before.badBars) ?? [];
  for (const { series, openTime } of report.badBars) {
    const bar = `${series.timeframe} ${series.symbol} ${openTime}`;
    if (!came.includes(bar)) violations.add(`bad bars: the report makes up ${bar}`);
  }
  if (report.badBarCount > came.length) violations.add(`bad bars: ${report.badBarCount} where ${came.length} came`);
  if (report.badBarCount < report.badBars.length) violations.add("bad bars: fewer are counted than listed");
  // A page that begins before its token is refused as a whole, and never seen bar by bar.
  const isWhole = !schedule.api.some(
    (fault) => fault.kind === "repeated-page" || (fault.kind === "bad-bar" && fault.how === "outside"),
  );
  const isSure = isWhole && counts.kills + counts.aborts + counts.lost + counts.clockSteps + counts.cancelled === 0;
  const storeHolds = schedule.store.before + schedule.store.after + schedule.store.halting === 0;
  if (came.length > 0 && report.badBarCount === 0 && isSure && storeHolds)
    violations.add("bad bars: none are reported");
  if (report.badBars.length > BAD_BARS_A_RUN * leases.length) {
    violations.add(`memory: ${report.badBars.length} bad bars were kept of ${leases.length} runs`);
  }
}

/** Every series has the state that the rest of the report comes to. */
export function checkStates(world: World, report: Report): void {
  const has = (spans: Report["wanted"], { timeframe, symbol }: Series) =>
    spans
      .filter(({ series }) => series.timeframe === timeframe && series.symbol === symbol)
      .map(({ interval }) => interval);
  for (const { series, state } of report.series) {
    const { timeframe, symbol } = series;
    const gap = report.gaps.find((one) => one.series.timeframe === timeframe && one.series.symbol === symbol);
    const hasFailed = report.failed.some((run) => run.timeframe === timeframe && run.symbols.includes(symbol));
    const isRefused = report.quarantined.some((refused) => refused.symbol === symbol);
    const held = gap === undefined ? [] : minus(has(report.wanted, series), gap.intervals);
    const truth: SeriesState =
      gap === undefined
        ? has(report.withheld, series).length > 0
          ? "withheld"
          : "covered"
        : isRefused
          ? "quarantined"
          : hasFailed
            ? "failed"
            : held.length > 0
              ? "partly"
              : "missing";
    if (state !== truth) world.violations.add(`state: ${timeframe} ${symbol} is ${truth}, and said to be ${state}`);
  }
}
