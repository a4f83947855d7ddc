import type { Backfill, Report } from "../../src/index.ts";
import type { EpochMs, Interval } from "../../src/model/interval.ts";
import { isIntraday, nominalMs, parseTimeframe, type Timeframe } from "../../src/model/timeframe.ts";
import { DAY_MS, HOUR_MS } from "../../src/model/units.ts";
import type { BackfillRequest, ReaskOptions } from "../../src/options/request.ts";
import { barSpan } from "../../src/testing/market/grid.ts";
import { gridOf } from "../../src/testing/simulator/walk.ts";
import { barsOf, isSame, seriesOf } from "./truth.ts";
import { isMalformed } from "./workload.ts";
import type { World } from "./world.ts";

/** Days later, so that every window but those of weeks and months has moved. */
export const AFTERWARDS_MS = 50 * HOUR_MS;

/**
 * All is held and nobody else works. Then everything that was asked for gets other values, and days later the same is
 * asked for once more: what is asked for again must come with them. Nothing where nothing is asked for again.
 */
export async function afterwards(
  world: World,
  backfill: Backfill,
  requests: readonly BackfillRequest[],
): Promise<Report | undefined> {
  const { scheduler, revisions } = world;
  if (!requests.some(({ reask }) => reask !== undefined)) return undefined;
  const before = scheduler.now();
  for (const { symbols, timeframes, start, end } of requests) {
    const within = { start: Number(start), end: Number(end) };
    for (const each of timeframes) {
      const timeframe = parseTimeframe(each) as Timeframe;
      for (const symbol of symbols) revisions.push({ symbol, timeframe, within, at: before + HOUR_MS });
    }
  }
  await scheduler.clock.sleep(AFTERWARDS_MS);
  const report = await backfill.run(requests);
  for (const request of requests) await checkRevised(world, request, before);
  return report;
}

/** Bars of a window that ends later than any that was asked for `before` have the values of now. */
async function checkRevised(world: World, request: BackfillRequest, before: EpochMs): Promise<void> {
  const { store, violations, scheduler, counts } = world;
  const { reask, symbols } = request;
  const timeframes = request.timeframes.map(parseTimeframe);
  if (reask === undefined) return;
  for (const series of seriesOf(world)) {
    const { symbol, timeframe } = series;
    if (!symbols.includes(symbol) || !timeframes.includes(timeframe) || isMalformed(symbol)) continue;
    const ends = windowEnds(world, timeframe, reask, scheduler.now());
    if (ends.least <= windowEnds(world, timeframe, reask, before).most) continue;
    const asked: Interval = {
      start: Math.max(Number(request.start), ends.most - reask.days * DAY_MS),
      end: Math.min(Number(request.end), ends.least),
    };
    const truth = barsOf(world, series, asked);
    if (truth.size === 0) continue;
    for await (const bar of store.read(series, asked)) {
      counts.revisedBars++;
      const newest = truth.get(bar.openTime)?.at(-1);
      if (newest !== undefined && !isSame(bar, newest)) {
        violations.add(`asked again: ${timeframe} ${symbol} at ${bar.openTime} has the values of before`);
      }
    }
  }
}

/** Where the trailing window ends at `now`: where a market's days begin is not always known. */
function windowEnds({ workload, knobs }: World, timeframe: Timeframe, reask: ReaskOptions, now: EpochMs) {
  const isCrypto = workload.kind === "crypto";
  const zone = isCrypto ? knobs.cryptoDayAnchor : "new-york";
  const everyMs = (reask.everyHours ?? 24) * HOUR_MS;
  const final = barSpan(timeframe, now - workload.withheldTailMs, zone, gridOf(knobs)).start;
  const isUnsure = timeframe === "4Hour" || (isCrypto && !isIntraday(timeframe));
  const floor = (instant: EpochMs) => Math.floor(instant / everyMs) * everyMs;
  return { least: floor(final - (isUnsure ? nominalMs(timeframe) + 3 * HOUR_MS : 0)), most: floor(final) };
}
