import type { BarPage, PageRequest } from "../contracts/bar-source.ts";
import { isBarfillError, SourceUnavailableError } from "../errors.ts";
import { defined } from "../model/defined.ts";
import type { Slice } from "../model/slice.ts";
import type { ExecutorContext } from "./context.ts";
import type { Hold } from "./outage.ts";
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
 * One page, in its turn at the limiter; `undefined` when nothing is left to be asked by then. A refusal for the rate
 * holds everybody and costs no try; what may heal is tried again here with the same cursor, because the lease is held
 * and no page need be asked for twice. Where nobody is answered any more, everybody is held too.
 */
export async function fetchPage(
  context: ExecutorContext,
  slice: Slice,
  { now, cursor }: Question,
  tally: Tally,
  signal: AbortSignal,
): Promise<BarPage | undefined> {
  const { source, limiter, outage, clock, random, retry, emit } = context;
  /** So many holds there had been when the request left; absent while it has not. */
  let holdsBefore: number | undefined;
  const send = async () => {
    const request = now();
    if (request.symbols.length === 0) return undefined;
    tally.requests++;
    holdsBefore = outage.holds;
    return source.fetchPage(request, { signal, ...defined({ cursor }) });
  };
  let refusals = 0;
  let failures = 0;
  for (;;) {
    // A turn that nobody needs is left to others.
    if (now().symbols.length === 0) return undefined;
    holdsBefore = undefined;
    try {
      const page = await limiter.schedule(send, { signal });
      if (page === undefined) return undefined;
      outage.answered(slice.id);
      if (page.budget !== undefined) limiter.observe(page.budget);
      tally.pages++;
      return page;
    } catch (error) {
      // First of all: the others go on though this run may have been stopped meanwhile.
      const hold = holdAfter(error);
      if (hold?.isNew) {
        limiter.holdUntil(hold.until);
        emit({ type: "held", until: hold.until, error: toRunError(error) });
      }
      signal.throwIfAborted();
      if (outage.isHopeless && mayAnswer(error)) throw neverAnswered(error);
      if (hold?.isNew === false || isBarfillError(error, "SOURCE_RATE_LIMITED")) continue;
      // Where nobody is answered for long, another slice has its turn.
      if (!mayAnswer(error) || outage.isGone) throw error;
      if (++failures >= retry.pageAttempts) {
        outage.usedUp(slice.id, failures);
        throw error;
      }
      const delayMs = backoffMs(failures, retry, random());
      const tries = { attempt: failures, attempts: retry.pageAttempts };
      emit({ type: "retrying", slice, what: "page", ...tries, delayMs, error: toRunError(error) });
      await clock.sleep(delayMs, signal);
    }
  }

  /** Whether, and until when, nobody may ask after `error`. */
  function holdAfter(error: unknown): Hold | undefined {
    // One that never left, or was stopped under way, tells nothing of the source. A lost lease stops with an error of
    // ours.
    if (holdsBefore === undefined || error === signal.reason || !isBarfillError(error)) return undefined;
    const at = clock.now();
    const isRefusal = isBarfillError(error, "SOURCE_RATE_LIMITED");
    if (mayAnswer(error) && !isRefusal) return outage.failed(slice.id, holdsBefore, at);
    outage.answered(slice.id);
    return isRefusal ? { until: at + holdMs(error, ++refusals, retry, random()), isNew: true } : undefined;
  }
}

/** Whether the source may answer the next time. */
function mayAnswer(error: unknown): boolean {
  return isBarfillError(error) && error.disposition === "retry";
}

function neverAnswered(cause: unknown): SourceUnavailableError {
  const { message } = toRunError(cause);
  return new SourceUnavailableError(`the source has answered nothing so far: ${message}`, {
    disposition: "halt",
    cause,
  });
}
