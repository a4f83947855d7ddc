import type { Report } from "../../src/index.ts";
import type { WalkRequest } from "../../src/testing/simulator/index.ts";
import { isChargedInMinutes } from "../../src/testing/simulator/page.ts";
import { isMalformed } from "./workload.ts";
import type { World } from "./world.ts";

/**
 * The bucket was never overdrawn, by the service's own count, and no request was made without need: at most
 *
 * - the fewest that bring all bars by what a page holds; twice that where pages are charged in minutes, because one
 *   that cannot hold one more bar may be half empty, and where every other page is empty,
 * - one for every question of a run that was leased, whose last page is not full,
 * - one for every refusal for the rate, and two for everything else that failed: where a token is refused, what is left
 *   is asked in two parts; so it is of a run that was handed back,
 * - for a symbol that is refused the halving that finds it, in all slices that are asked for when the answer comes.
 *
 * Where anybody was interrupted, twice all that: one who takes over a run may walk beside the one who lost it, and what
 * is left then is asked in two parts. Where nothing failed, no page is asked for twice.
 */
export function checkRequests(world: World, report: Report): void {
  const { simulator, setting, violations, counts, workload, knobs, schedule } = world;
  const { overdrawn, faults, requests } = simulator.stats;
  if (overdrawn > 0 && !setting.isGreedy) violations.add(`overdrawn: the bucket was empty ${overdrawn} times`);

  counts.least = leastOf(world, report);
  const { kills, aborts, clockSteps } = schedule;
  const isInterrupted = kills + aborts + clockSteps + counts.lost + counts.seamFaults + counts.cancelled > 0;
  const isCharged = report.series.some(({ series: { timeframe } }) => isChargedInMinutes(timeframe, knobs));
  const pages = counts.least * (isCharged ? 2 : 1) * (knobs.emptyPages === "sometimes" ? 2 : 1);
  const asked = new Set([...workload.requests, ...workload.jobs].flatMap(({ symbols }) => symbols));
  const refused = [...asked].filter(isMalformed).length;
  const halvings = setting.namesSymbols ? 1 : 2 + 2 * Math.ceil(Math.log2(asked.size));
  const failures = faults + overdrawn + counts.seamFaults;
  const { symbolsPerRequest = asked.size } = setting.work;
  const questions = Math.ceil(asked.size / symbolsPerRequest);
  const isQuiet = !isInterrupted && failures === counts.refused;
  const inFlight = setting.concurrency * setting.processes.reduce((sum, backfills) => sum + backfills, 1);
  const extra = 2 * failures - counts.refused + counts.returned + refused * halvings * inFlight;
  const most = (pages + counts.leases * questions + extra) * (isInterrupted ? 2 : 1);
  if (isQuiet && counts.repeated > 0 && counts.reasked === 0) {
    violations.add(`repeated: ${counts.repeated} pages were asked for again, though nothing had failed`);
  }
  if (requests > most) violations.add(`requests: ${requests} where ${most} should do (${counts.least} at least)`);
}

/** By what a page really holds; what was asked for again, as often as it was. */
function leastOf({ simulator, workload, knobs, deeds }: World, { wanted }: Report): number {
  const limit = Math.max(1, Math.floor(workload.pageSize / (knobs.shortPages === "half" ? 2 : 1)));
  const walks = wanted
    .filter(({ series }) => !isMalformed(series.symbol))
    .map(({ series, interval }): WalkRequest => {
      return { symbols: [series.symbol], timeframe: series.timeframe, ...interval, limit };
    });
  const again = deeds.flatMap(({ what, slice: { symbols, timeframe, interval, again } }): WalkRequest[] =>
    what === "lease" && again !== undefined ? [{ symbols, timeframe, ...interval, limit }] : [],
  );
  return simulator.leastRequests([...walks, ...again]);
}
