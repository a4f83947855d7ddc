import * as z from "zod";
import { RUN_STATES, type RunFilter } from "../contracts/slice-queue.ts";
import { TIMEFRAMES } from "../model/timeframe.ts";
import { check, issue } from "./check.ts";
import { LABEL } from "./words.ts";

const IDS = issue("a list of ids of slices");
const STATES = `a list of ${RUN_STATES.join(", ")}`;

/**
 * `filter` of the runs of `provider` alone, or @throws {@link OptionsError} with every problem. What is misspelt, or
 * there without a value, would be no bound at all, and mean every run there is.
 */
export function ownRuns(filter: unknown, provider: string): RunFilter {
  const schema = z.strictObject(
    {
      ids: z.array(z.string(IDS), IDS).exactOptional(),
      label: LABEL.exactOptional(),
      timeframe: z.enum(TIMEFRAMES, issue(`one of ${TIMEFRAMES.join(" ")}`)).exactOptional(),
      provider: z.literal(provider, issue(`the backfill's own, ${provider}`)).exactOptional(),
      states: z.array(z.enum(RUN_STATES, issue(STATES)), issue(STATES)).exactOptional(),
    },
    issue("a filter of runs; {} means all of this source"),
  );
  return { ...check(schema, filter), provider };
}
