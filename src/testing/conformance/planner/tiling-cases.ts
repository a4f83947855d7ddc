import assert from "node:assert/strict";
import { formatInterval, type Interval, subtract } from "../../../model/interval.ts";
import { seriesKey } from "../../../model/series.ts";
import { INITIAL_COST_MODEL, learn } from "../../../planners/cost-model.ts";
import type { ConformanceCase, PlannerContext } from "../conformance-case.ts";
import { areApart, askedBySeries, type Scene, scenes } from "./fixtures.ts";

/** All of what is wanted, and nothing else. */
export const tilingCases: readonly ConformanceCase<PlannerContext>[] = [
  {
    id: "P01",
    title: "no gaps make no slices",
    async run(context) {
      for (const { input } of scenes(context)) assert.deepEqual(context.planner({ ...input, gaps: [] }), []);
    },
  },
  {
    id: "P02",
    title: "every gap of every series lies in the slices",
    async run(context) {
      for (const scene of scenes(context)) assertNoHole(scene, context);
    },
  },
  {
    id: "P03",
    title: "no two slices hold the same instant of a series",
    async run(context) {
      for (const scene of scenes(context)) assertNothingTwice(scene, context);
    },
  },
  {
    id: "P04",
    title: "nothing that is not wanted is in a slice: no other series, and no instant beside its gaps",
    async run(context) {
      for (const scene of scenes(context)) assertNothingElse(scene, context);
    },
  },
  {
    id: "P05",
    title: "what is believed of the cost changes how it is cut, and never what",
    async run(context) {
      for (const scene of [1, 900_000].flatMap((bars) => scenes(context).map((scene) => taught(scene, bars)))) {
        assertNoHole(scene, context);
        assertNothingTwice(scene, context);
        assertNothingElse(scene, context);
      }
    },
  },
];

function assertNoHole({ name, input }: Scene, { planner }: PlannerContext): void {
  const asked = askedBySeries(planner(input));
  for (const { series, intervals } of input.gaps) {
    const key = seriesKey(series);
    assertNone(subtract(intervals, asked.get(key) ?? []), `${name}: in no slice of ${key}`);
  }
}

function assertNothingTwice({ name, input }: Scene, { planner }: PlannerContext): void {
  for (const [key, spans] of askedBySeries(planner(input))) assert.ok(areApart(spans), `${name}: twice of ${key}`);
}

function assertNothingElse({ name, input }: Scene, { planner }: PlannerContext): void {
  const gaps = new Map(input.gaps.map(({ series, intervals }) => [seriesKey(series), intervals]));
  for (const [key, spans] of askedBySeries(planner(input))) {
    assertNone(subtract(spans, gaps.get(key) ?? []), `${name}: no gap of ${key}`);
  }
}

function assertNone(spans: readonly Interval[], what: string): void {
  assert.ok(spans.length === 0, `${what}: ${spans.map(formatInterval).join(", ")}`);
}

/** `scene` after a thousand symbol-sessions of minutes that had so many bars in all. */
function taught({ name, input }: Scene, bars: number): Scene {
  const pages = Math.ceil(bars / input.limits.pageSize);
  const cost = learn(INITIAL_COST_MODEL, { timeframe: "1Min", sessions: 1000, bars, pages }, input.limits);
  return { name: `${name}, ${bars} bars a thousand sessions`, input: { ...input, cost } };
}
