import type { BarPage, PageRequest } from "../contracts/bar-source.ts";
import { isBarfillError } from "../errors.ts";
import type { Slice } from "../model/slice.ts";
import type { ExecutorContext } from "./context.ts";
import { backoffMs, holdMs, toRunError } from "./retry.ts";
import type { Tally } from "./tally.ts";

/**
 * One page, in its turn at the limiter. A refusal for the rate holds everybody and costs no try; what may heal is
 * tried again here with the same cursor, because the lease is held and no page need be asked for twice.
 */
export async function fetchPage(
  context: ExecutorContext,
  slice: Slice,
  request: PageRequest,
  cursor: string | undefined,
  tally: Tally,
  signal: AbortSignal,
): Promise<BarPage> {
  const { source, limiter, clock, random, retry, emit } = context;
  const send = () => {
    tally.requests++;
    return source.fetchPage(request, cursor === undefined ? { signal } : { cursor, signal });
  };
  let refusals = 0;
  let failures = 0;
  for (;;) {
    try {
      const page = await limiter.schedule(send, { signal });
      if (page.budget !== undefined) limiter.observe(page.budget);
      tally.pages++;
      return page;
    } catch (error) {
      if (isBarfillError(error, "SOURCE_RATE_LIMITED")) {
        // First of all: the others go on though this run may have been stopped meanwhile.
        const until = clock.now() + holdMs(error, ++refusals, retry, random());
        limiter.holdUntil(until);
        emit({ type: "held", until, error: toRunError(error) });
        signal.throwIfAborted();
        continue;
      }
      signal.throwIfAborted();
      if (isBarfillError(error) && error.disposition === "retry" && ++failures < retry.pageAttempts) {
        const delayMs = backoffMs(failures, retry, random());
        const tries = { attempt: failures, attempts: retry.pageAttempts };
        emit({ type: "retrying", slice, what: "page", ...tries, delayMs, error: toRunError(error) });
        await clock.sleep(delayMs, signal);
      } else {
        throw error;
      }
    }
  }
}
