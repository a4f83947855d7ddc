import type { SourceLimits } from "../contracts/bar-source.ts";
import type { Gap } from "../model/coverage.ts";
import type { TradingCalendar } from "../model/session.ts";
import type { Slice } from "../model/slice.ts";
import type { CostModel } from "./cost-model.ts";

/** Everything a plan depends on. Equal inputs give equal slices. */
export interface PlanInput {
  readonly gaps: readonly Gap[];
  readonly limits: SourceLimits;
  readonly calendar: TradingCalendar;
  readonly cost: CostModel;
  /** The job that the slices serve. */
  readonly label?: string;
  /** Higher is leased first. */
  readonly priority: number;
}

/**
 * Cuts gaps into slices that tile them exactly: no hole, no overlap, none beyond the source's limits. Pure.
 * Returns them in the order in which they should be worked on; empty for no gaps.
 */
export type Planner = (input: PlanInput) => Slice[];
