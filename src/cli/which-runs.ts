import type { RunFilter, SliceQueue } from "../contracts/slice-queue.ts";
import { defined } from "../model/defined.ts";
import type { Label } from "../model/names.ts";
import type { Invocation } from "./invocation.ts";
import { labelsMeant } from "./labels.ts";
import { timeframeIn } from "./numbers.ts";

/** Which runs `--label`, `--timeframe` and the operands mean. The label is yet to be looked up: {@link filtersOf}. */
export function filterIn({ flags, operands }: Pick<Invocation, "flags" | "operands">): RunFilter {
  const { label } = flags as { label?: Label };
  const timeframe = timeframeIn(flags);
  return defined({ label, timeframe, ids: operands.length === 0 ? undefined : operands });
}

/**
 * `filter` once for each label that its own means, because a queue knows whole labels only. @throws
 * {@link CommandError}
 */
export async function filtersOf(filter: RunFilter, queue: SliceQueue): Promise<RunFilter[]> {
  if (filter.label === undefined) return [filter];
  const known = (await queue.counts()).map(({ label }) => label);
  return labelsMeant(filter.label, known, "in the queue").map((label) => ({ ...filter, label }));
}
