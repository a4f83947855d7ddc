import { expect, test } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import type { RetryOptions } from "../../src/contracts/slice-queue.ts";
import { SourceUnavailableError } from "../../src/errors.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { END, minuteBars, START, smallBackfill } from "../support/small-backfill.ts";

const HOUR_MS = 3_600_000;

/** When a run that failed once may be leased again, in ms of the queue's clock from now. */
async function putBackBy(aheadMs: number): Promise<number> {
  const clock = fakeClock({ now: Date.UTC(2024, 5, 3) });
  const ours = { ...clock, now: () => clock.now() + aheadMs };
  const queue = memoryQueue({ clock });
  const delays: number[] = [];
  const watched = {
    ...queue,
    retry(lease: Parameters<typeof queue.retry>[0], options: RetryOptions) {
      delays.push(options.notBefore - clock.now());
      return queue.retry(lease, options);
    },
  };
  const { backfill } = smallBackfill(
    {
      bars: { A: minuteBars(1) },
      script: ({ call }) => (call === 1 ? new SourceUnavailableError("gone for a moment") : undefined),
    },
    { clock: ours, queue: watched, leaseMs: 10_000, retry: { pageAttempts: 1, baseDelayMs: 500 } },
  );
  const report = await clock.run(backfill.run({ symbols: ["A"], timeframes: ["1Min"], start: START, end: END }));
  expect(report.complete).toBe(true);
  expect(delays).toHaveLength(1);
  return delays[0] as number;
}

// 500 ms times four, three quarters of it by the middling chance.
test("a run is put back for the time of its backoff", async () => {
  expect(await putBackBy(0)).toBe(1500);
});

test("it waits no longer than its lease on top of that, where our clock is hours ahead of the queue's", async () => {
  expect(await putBackBy(2 * HOUR_MS)).toBe(11_500);
});

test("and waits all the same where our clock is hours behind", async () => {
  expect(await putBackBy(-2 * HOUR_MS)).toBe(1500);
});
