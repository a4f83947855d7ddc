import { expect, it } from "vitest";
import { memoryQueue } from "../../src/adapters/memory/index.ts";
import { minuteBars, smallBackfill } from "../support/small-backfill.ts";

it("a stop that comes while the queue is asked whether it is drained is not waited out", async () => {
  const stop = new AbortController();
  const queue = memoryQueue();
  const { backfill, clock } = smallBackfill(
    { bars: { A: minuteBars(1) } },
    {
      pollMs: 3_600_000,
      queue: {
        ...queue,
        async counts() {
          stop.abort();
          return [{ state: "running", runs: 1, bars: 0 }];
        },
      },
    },
  );
  const started = clock.now();
  expect(await clock.run(backfill.work({ signal: stop.signal }))).toMatchObject({ ended: "stopped" });
  expect(clock.now()).toBe(started);
});
