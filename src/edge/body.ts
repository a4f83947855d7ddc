import * as z from "zod";
import type { BarSource } from "../contracts/bar-source.ts";
import { OptionsError } from "../errors.ts";
import { check, evenIfWrong, issue, wholeNumber } from "../options/check.ts";
import { INSTANT, SYMBOL, SYMBOLS, spelledFor, TIMEFRAME } from "../options/words.ts";

/** The old batch function's bound. */
export const MOST_SYMBOLS = 50;

/**
 * A day. One bound for the option and for what a dispatch passes on, so that no budget is refused on the other side.
 */
export const LONGEST_BUDGET_MS = 86_400_000;

const JOB_RUN_ID = "an id of job_runs (a whole number), or of a slice (32 hex digits)";
const OPTIONAL = {
  job_run_ids: z
    .array(z.union([z.number().int().positive(), z.string().regex(/^(\d{1,18}|[0-9a-f]{32})$/)], issue(JOB_RUN_ID)))
    .max(1000, issue("1000 runs at most"))
    .optional(),
  /** Of a lease that is handed over. */
  token: z.string(issue("the token of a lease")).min(1, issue("the token of a lease")).max(500).optional(),
  requests_per_minute: z.number(issue("a number above 0")).positive(issue("a number above 0")).optional(),
  budget_ms: wholeNumber(0, LONGEST_BUDGET_MS).optional(),
};
const RANGE = { timeframe: TIMEFRAME, from: INSTANT, to: INSTANT };
const EXPECTED = issue("a JSON object, with symbols, timeframe, from and to");

const BATCH = z
  .strictObject(
    { symbols: SYMBOLS.max(MOST_SYMBOLS, issue(`${MOST_SYMBOLS} symbols at most`)), ...RANGE, ...OPTIONAL },
    EXPECTED,
  )
  .superRefine(inOrder, evenIfWrong);

const SINGLE = z
  .strictObject({ symbol: SYMBOL, ...RANGE, ...OPTIONAL }, issue("a JSON object, with symbol, timeframe, from and to"))
  .superRefine(inOrder, evenIfWrong);

/** What is to be fetched, checked. `from` is inclusive, `to` exclusive, in ms. */
export type FetchBody = z.output<typeof BATCH>;

/** The body of a request to the batch function, or @throws {@link OptionsError} with every problem. */
export const batchBody = (request: Request, source: BarSource): Promise<FetchBody> =>
  bodyOf(request, BATCH.superRefine(spelledFor(source), evenIfWrong));

/** The body of a request for one symbol, or @throws {@link OptionsError} with every problem. */
export async function singleBody(request: Request, source: BarSource): Promise<FetchBody> {
  const { symbol, ...rest } = await bodyOf(request, SINGLE.superRefine(spelledFor(source), evenIfWrong));
  return { ...rest, symbols: [symbol] };
}

async function bodyOf<S extends z.ZodType>(request: Request, schema: S): Promise<z.output<S>> {
  const text = await request.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new OptionsError([
      { path: "(body)", expected: "JSON", received: text === "" ? "nothing" : "something else" },
    ]);
  }
  return check(schema, body);
}

function inOrder({ from, to }: { from?: unknown; to?: unknown }, context: z.RefinementCtx): void {
  if (typeof from !== "number" || typeof to !== "number" || to > from) return;
  context.addIssue({
    code: "custom",
    path: ["to"],
    message: "an instant after from",
    input: new Date(to).toISOString(),
  });
}
