import type { Bar } from "../../src/model/bar.ts";
import type { Series } from "../../src/model/series.ts";
import { holds, minus, show, union } from "./spans.ts";
import { ALWAYS, barsOf, isSame, seriesOf } from "./truth.ts";
import type { World } from "./world.ts";

/** No bar lost, invented, doubled or changed; nothing covered that was not answered. Holds at any moment. */
export async function checkStore(world: World): Promise<void> {
  for (const series of seriesOf(world)) await checkSeries(world, series);
}

async function checkSeries(world: World, series: Series): Promise<void> {
  const { store, served, violations } = world;
  const name = `${series.symbol} ${series.timeframe}`;
  const coverage = await store.coverage([series], ALWAYS);
  const covered = [...coverage.values()][0] ?? [];
  const stored: Bar[] = [];
  for await (const bar of store.read(series, ALWAYS)) stored.push(bar);

  const unanswered = minus(covered, served.of(series.symbol, series.timeframe));
  if (unanswered.length > 0) violations.add(`covered: ${name} was never answered for ${show(unanswered)}`);

  const opens = stored.map(({ openTime }) => ({ start: openTime, end: openTime + 1 }));
  const truth = new Map(union(covered, opens).flatMap((span) => [...barsOf(world, series, span)]));
  const held = new Set<number>();
  let last = Number.NEGATIVE_INFINITY;
  for (const bar of stored) {
    if (bar.openTime <= last) violations.add(`doubled: ${name} at ${bar.openTime}`);
    last = bar.openTime;
    held.add(bar.openTime);
    const versions = truth.get(bar.openTime);
    if (versions === undefined) violations.add(`invented: ${name} at ${bar.openTime}`);
    else if (!versions.some((version) => isSame(bar, version))) violations.add(`changed: ${name} at ${bar.openTime}`);
  }
  for (const openTime of truth.keys()) {
    if (!held.has(openTime) && holds(covered, openTime)) violations.add(`lost: ${name} at ${openTime}`);
  }
}
