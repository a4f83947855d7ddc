import type { BarSource, PageRequest } from "../contracts/bar-source.ts";
import { isBarfillError } from "../errors.ts";
import { toRunError } from "../executor/retry.ts";
import type { RunError } from "../model/error-code.ts";
import type { Series } from "../model/series.ts";
import { DAY_MS } from "../model/units.ts";
import { systemClock } from "../system-clock.ts";
import { type RefusedDefinition, refusedOf } from "./definitions.ts";
import type { EdgeContext } from "./edge-options.ts";

/** One thing that was tried. */
export interface Probe {
  readonly ok: boolean;
  readonly error?: RunError;
}

/** What was tried. */
export interface Probes {
  readonly database: Probe;
  readonly source: Probe;
  /** Definitions that no tick can plan: the others are well, and so is the function. Absent when there is none. */
  readonly refused_definitions?: readonly RefusedDefinition[];
}

/**
 * Whether the database answers, and whether the source accepts the credentials. Costs one request of the rate.
 * `withDefinitions`: looks at them too.
 */
export async function probe({ parts }: EdgeContext, withDefinitions: boolean): Promise<Probes> {
  const { source, store, queue, quarantine, clock = systemClock } = parts.backfill;
  let refused: readonly RefusedDefinition[] = [];
  const request = probeRequest(source, clock.now());
  const [database, answered] = await Promise.all([
    attempt(async () => {
      await queue.counts({ provider: source.provider, states: ["running"] });
      // Of a series, though it may not be known: of none, a store has nothing to ask.
      await store.coverage([probedSeries(source)], request.interval);
      await quarantine?.list(source.provider);
      if (withDefinitions) refused = refusedOf(await parts.jobs(), source);
    }),
    attempt(() => source.fetchPage(request)),
  ]);
  return { database, source: answered, ...(refused.length === 0 ? {} : { refused_definitions: refused }) };
}

async function attempt(call: () => Promise<unknown>): Promise<Probe> {
  try {
    await call();
    return { ok: true };
  } catch (error) {
    // Who refuses the question has looked at the credentials; who asks for patience knows them.
    const isAnswered = ["SYMBOL_REJECTED", "SOURCE_REJECTED", "SOURCE_RATE_LIMITED"] as const;
    if (isAnswered.some((code) => isBarfillError(error, code))) return { ok: true };
    return { ok: false, error: toRunError(error) };
  }
}

function probedSeries({ provider, feed }: BarSource): Series {
  return { provider, symbol: "AAPL", timeframe: "1Day", feed, adjustment: "raw" };
}

/** A small question about the past. */
function probeRequest(source: BarSource, now: number): PageRequest {
  const { symbol, timeframe, feed, adjustment } = probedSeries(source);
  const end = Math.floor(now / DAY_MS) * DAY_MS - 7 * DAY_MS;
  return { symbols: [symbol], timeframe, feed, adjustment, interval: { start: end - 7 * DAY_MS, end } };
}
