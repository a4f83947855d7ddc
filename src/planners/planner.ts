import type { SourceLimits } from "../contracts/bar-source.ts";
import type { Gap } from "../model/coverage.ts";
import type { Label } from "../model/names.ts";
import type { TradingCalendar } from "../model/session.ts";
import type { Slice } from "../model/slice.ts";
import type { CostModel } from "./cost-model.ts";

/** Everything a plan depends on. Equal inputs give equal slices. */
export interface PlanInput {
  /** One a series at most, in the order of the request; may be empty. */
  readonly gaps: readonly Gap[];
  /** What no slice may exceed. */
  readonly limits: SourceLimits;
  /** When there are bars, so that slices of equal time cost the same. */
  readonly calendar: TradingCalendar;
  /** What a session of one symbol costs, as far as is known. */
  readonly cost: CostModel;
  /** The job that the slices serve. */
  readonly label?: Label;
  /** Higher is leased first. */
  readonly priority: number;
}

/**
 * Cuts gaps into slices that tile them exactly: no hole, no overlap, none beyond the source's limits. Pure.
 * Returns them in the order in which they should be worked on; empty for no gaps. Proven by `plannerCases` of
 * `barfill/testing`.
 */
export type Planner = (input: PlanInput) => Slice[];
