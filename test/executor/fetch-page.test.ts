import { expect, test } from "vitest";
import { RateLimitedError } from "../../src/errors.ts";
import { END, minuteBars, START, smallBackfill } from "../support/small-backfill.ts";

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
