import * as z from "zod";
import { createBackfill } from "../backfill.ts";
import { check, wholeNumber } from "../options/check.ts";
import { LONGEST_BUDGET_MS } from "./body.ts";
import type { EdgeContext, EdgeOptions, Settings } from "./edge-options.ts";

/** Under the minute between two ticks, and a third of the 150 s of a worker, which may serve several requests. */
const DEFAULT_BUDGET_MS = 50_000;

const NUMBERS = z.object({
  budgetMs: wholeNumber(1000, LONGEST_BUDGET_MS),
  maxConcurrentRuns: wholeNumber(1, 1000),
});

/** Makes the parts of a function. @throws {@link OptionsError} and what `connect` throws. */
export async function wire<Name extends string>(
  options: EdgeOptions<Name>,
  maxConcurrentRuns: number,
): Promise<EdgeContext> {
  const { budgetMs = DEFAULT_BUDGET_MS, signal, env } = options;
  check(NUMBERS, { budgetMs, maxConcurrentRuns });
  const parts = await options.connect(env as Settings<Name>);
  return { parts, backfill: createBackfill(parts.backfill), budgetMs, maxConcurrentRuns, signal };
}
