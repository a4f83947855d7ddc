import { expect, it } from "vitest";
import type { Slice } from "../../src/index.ts";
import { END, START, sliceOf, smallBackfill } from "../support/small-backfill.ts";

/** More than a call takes arguments: 400 symbols day by day are 150,000 slices in a year. Of no symbol, to be quick. */
const MANY = 150_000;

const SLICE = sliceOf({ symbols: [] });

it("plans and queues 150,000 slices", async () => {
  const planner = () => new Array<Slice>(MANY).fill(SLICE);
  const { backfill } = smallBackfill({ bars: {} }, { planner });
  const plan = await backfill.plan({ symbols: ["A"], timeframes: ["1Day"], start: START, end: END });
  expect(plan.slices.length).toBe(MANY);
  const job = { label: "US", symbols: ["A"], timeframe: "1Day", windowDays: 365, priority: 0, enabled: true } as const;
  expect(await backfill.tick([job])).toBe(1);
});
