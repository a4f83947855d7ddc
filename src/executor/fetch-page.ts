import type { BarPage, PageRequest } from "../contracts/bar-source.ts";
import { isBarfillError } from "../errors.ts";
import type { Slice } from "../model/slice.ts";
import type { ExecutorContext } from "./context.ts";
import { backoffMs, holdMs, toRunError } from "./retry.ts";
import type { Tally } from "./tally.ts";

/** A question, which may shrink as long as no page of it has come. */
export interface Question {
  /** What is to be asked by now; without symbols when nothing is. */
  now(): PageRequest;
  /** Absent on the first page. */
  readonly cursor?: string | undefined;
}

/**
 * One page, in its turn at the limiter; `undefined` when nothing is left to be asked by then. A refusal for the rate holds everybody and costs no try; what may heal is
 * tried again here with the same cursor, because the lease is held and no page need be asked for twice.
 */
export async function fetchPage(
  context: ExecutorContext,
  slice: Slice,
  { now, cursor }: Question,
  tally: Tally,
  signal: AbortSignal,
): Promise<BarPage | undefined> {
  const { source, limiter, clock, random, retry, emit } = context;
  const send = async () => {
    const request = now();
    if (request.symbols.length === 0) return undefined;
    tally.requests++;
    return source.fetchPage(request, cursor === undefined ? { signal } : { cursor, signal });
  };
  let refusals = 0;
  let failures = 0;
  for (;;) {
    // A turn that nobody needs is left to others.
    if (now().symbols.length === 0) return undefined;
    try {
      const page = await limiter.schedule(send, { signal });
      if (page === undefined) return undefined;
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
