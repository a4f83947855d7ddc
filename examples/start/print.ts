import type { BatchReport, JobDefinition, Plan, Report, Series } from "barfill";
import type { Target } from "./target.ts";

const count = (value: number) => Math.round(value).toLocaleString("en-US");

export function printPlan(plan: Plan, left: number, target: Target): void {
  const { slices, estimate } = plan;
  console.log(`from ${target.name}, into ${target.folder}`);
  if (left > 0) console.log(`left from last time: ${left} slices, which go on where they were`);
  console.log(
    `plan: ${slices.length} slices, ${count(estimate.requests.expected)} requests expected ` +
      `(${count(estimate.requests.worst)} at worst, ${estimate.certainty}), ` +
      `${estimate.minutes.expected.toFixed(1)} minutes at ${count(target.requestsPerMinute)} requests a minute\n`,
  );
}

/** A table a person can read, then what is missing by name; the last line says whether anything is. */
export async function printReport(
  report: Report,
  target: Target,
  jobs: readonly JobDefinition[],
  isResumed: boolean,
): Promise<void> {
  // What an earlier start asked nobody counts here, so there is nothing to compare with.
  const least = isResumed ? undefined : await leastRequests(report, target, jobs);
  if (report.batches.length > 0) {
    printTable(
      ["batch", "bars of", "symbols", "runs", "bars", "requests", least === undefined ? "" : "least possible"],
      report.batches.map((batch, i) => {
        const { success, failed, returned, lost } = batch.runs;
        const runs = `${success}/${success + failed + returned + lost}`;
        const { label = "", timeframe, symbols, bars, requests } = batch;
        const possible = least === undefined ? "" : count(least.batches[i] ?? 0);
        return [label, timeframe, count(symbols), runs, count(bars), count(requests), possible];
      }),
    );
    console.log();
  }

  const seconds = Math.max(report.elapsedMs, 1) / 1000;
  console.log(`requests: ${count(report.requests)}${compared(report.requests, least?.all)}`);
  console.log(
    `rate: ${count((report.requests / seconds) * 60)} requests a minute over ${seconds.toFixed(1)} s, ` +
      `${count(target.requestsPerMinute)} allowed; ${count(report.bars / seconds)} bars a second`,
  );
  // Of what was asked for here: a start that finds all of it covered asks for nothing.
  if (report.requests > 0) console.log(`without data: ${silentNames(report.empty).join(", ") || "none"}`);
  for (const { symbol, reason } of report.quarantined) console.log(`refused: ${symbol} (${reason})`);
  for (const { label = "", timeframe, error } of report.failed)
    console.log(`failed: ${label} ${timeframe}: ${error.message}`);
  if (report.gaps.length > 0) console.log(`gaps: ${report.gaps.length} series lack something`);
  if (report.halted !== undefined) console.log(`halted: ${report.halted.message}`);
  console.log(`complete: ${report.complete ? "yes" : "no"}`);
}

/** Fewer than the least possible means that some bars were held before. */
function compared(requests: number, least: number | undefined): string {
  if (least === undefined) return "";
  if (requests < least) return `, where all of it costs ${count(least)} at least: the rest was held already`;
  return `, ${count(least)} the least possible (+${percent(requests / least - 1)})`;
}

/** By the service's own accounting: for each batch alone, and for all bars together. */
async function leastRequests({ batches, wanted }: Report, { simulator }: Target, jobs: readonly JobDefinition[]) {
  const walks = wanted.map(({ series, interval }) => ({
    symbols: [series.symbol],
    timeframe: series.timeframe,
    ...interval,
  }));
  const ofBatch = ({ label, timeframe }: BatchReport) => {
    const symbols = jobs.find((job) => job.label === label && job.timeframe === timeframe)?.symbols ?? [];
    return walks.filter((walk) => walk.timeframe === timeframe && symbols.includes(walk.symbols[0] ?? ""));
  };
  const counts = await simulator?.leastRequests([walks, ...batches.map(ofBatch)]);
  return counts === undefined ? undefined : { all: counts[0] ?? Number.NaN, batches: counts.slice(1) };
}

/** `VIX (15Min 1Hour 4Hour 1Day)`. */
function silentNames(empty: readonly Series[]): string[] {
  const names = new Map<string, string[]>();
  for (const { symbol, timeframe } of empty) names.set(symbol, [...(names.get(symbol) ?? []), timeframe]);
  return [...names].sort().map(([symbol, timeframes]) => `${symbol} (${timeframes.join(" ")})`);
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i < 2 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  console.log(line(head));
  console.log(widths.map((width) => "-".repeat(width)).join("  "));
  for (const row of rows) console.log(line(row));
}
