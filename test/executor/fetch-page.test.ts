import { expect, test } from "vitest";
import { LeaseLostError, RateLimitedError } from "../../src/errors.ts";
import type { ExecutorContext } from "../../src/executor/context.ts";
import { fetchPage } from "../../src/executor/fetch-page.ts";
import { watchForOutage } from "../../src/executor/outage.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";
import { emptyTally } from "../../src/executor/tally.ts";
import { END, minuteBars, START, sliceOf, smallBackfill } from "../support/small-backfill.ts";

test("a 429 holds everybody, though the run that met it was stopped while it waited for the answer", async () => {
  const stop = new AbortController();
  const { backfill, limiter, clock } = smallBackfill({
    bars: { A: minuteBars(1) },
    script: () => {
      stop.abort(new Error("enough"));
      throw new RateLimitedError("too many requests.", { retryAfterMs: 7000 });
    },
  });
  const done = backfill.run({ symbols: ["A"], timeframes: ["1Min"], start: START, end: END }, { signal: stop.signal });
  await expect(clock.run(done)).rejects.toThrow("enough");
  expect(limiter.holds).toEqual([clock.now() + 7000]);
});

test("a request that is stopped because its lease was lost is no answer: what others wait for goes on", async () => {
  const outage = watchForOutage(DEFAULT_RETRY, () => 1);
  for (const at of [0, 0, 0, 0]) outage.failed("another", outage.holds, at);
  const lost = new LeaseLostError("another has it");
  const stop = new AbortController();
  const { source, limiter, clock } = smallBackfill({ bars: {}, script: () => void stop.abort(lost) });
  const context = { source, limiter, outage, clock, random: () => 1, retry: DEFAULT_RETRY, emit: () => {} };
  const slice = sliceOf();
  const asked = fetchPage(
    context as Partial<ExecutorContext> as ExecutorContext,
    slice,
    { now: () => slice },
    emptyTally(),
    stop.signal,
  );
  await expect(asked).rejects.toBe(lost);
  expect(outage.failed("another", outage.holds, 500)).toEqual({ until: 500 + 1000, isNew: true });
});
