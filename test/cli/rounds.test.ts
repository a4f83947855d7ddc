import { expect, test } from "vitest";
import { type RoundsInput, workRounds } from "../../src/cli/rounds.ts";
import type { Arrivals } from "../../src/contracts/arrivals.ts";
import { emptyTally } from "../../src/executor/tally.ts";
import type { WorkOptions, WorkSummary } from "../../src/executor/worker.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { smallBackfill } from "../support/small-backfill.ts";

/** A backfill whose calls of `work` bring one run each, which ends as `endings` say, and then `ended`. */
function rounds(script: readonly (readonly [WorkSummary["ended"], ...WorkSummary["runs"][number]["ending"][]])[]) {
  const clock = fakeClock({ now: 0 });
  const stop = new AbortController();
  const calls: { at: number; maxRuns: number | undefined }[] = [];
  const work = async ({ maxRuns }: WorkOptions = {}): Promise<WorkSummary> => {
    const [ended, ...endings] = script[calls.length] ?? ["drained"];
    calls.push({ at: clock.now(), maxRuns });
    const tally = { ...emptyTally(), requests: 2, inserted: 3, unchanged: 1 };
    return { ended, runs: endings.map((ending) => ({ slice: sliceAt(0), ending, tally })) };
  };
  let announce = (_inMs: number): void => {};
  let isOver = false;
  const arrivals: Arrivals = {
    listen(onDue, { signal }) {
      announce = onDue;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve(void (isOver = true))));
    },
  };
  const start = (input: Partial<RoundsInput> = {}, options: WorkOptions = {}) =>
    workRounds({
      ...{ backfill: { work }, clock, arrivals, stay: true, ...input },
      options: { signal: stop.signal, ...options },
    });
  return { clock, stop, calls, start, announce: (inMs: number) => announce(inMs), isOver: () => isOver };
}

test("one round, unless it is to stay", async () => {
  const { calls, start } = rounds([["drained", "success", "retried", "returned", "failed", "lost"]]);
  expect(await start({ stay: false })).toEqual({
    ended: "drained",
    runs: { success: 1, failed: 1, returned: 2, lost: 1 },
    requests: 10,
    bars: 20,
  });
  expect(calls).toHaveLength(1);
});

test("a worker that stays begins the moment a run is due, else looks every five seconds, and ends its listening", async () => {
  const { clock, stop, calls, start, announce, isOver } = rounds([]);
  const worked = start();
  await clock.advance(5000);
  await clock.advance(1000);
  announce(500);
  await clock.advance(500);
  expect(calls.map(({ at }) => at)).toEqual([0, 5000, 6500]);
  stop.abort();
  expect((await worked).ended).toBe("stopped");
  expect(isOver()).toBe(true);
});

test("what is announced while it works is looked for at once", async () => {
  const { clock, stop, calls, start, announce } = rounds([]);
  const worked = start();
  announce(0);
  await clock.advance(0);
  expect(calls.map(({ at }) => at)).toEqual([0, 0]);
  stop.abort();
  await worked;
});

test("maxRuns is of all rounds together, and so are the sums", async () => {
  const { clock, calls, start } = rounds([
    ["drained", "success", "failed"],
    ["drained", "success"],
    ["enough", "success", "success"],
  ]);
  const { runs, requests, ended } = await clock.run(start({}, { maxRuns: 5 }));
  expect(calls.map(({ maxRuns }) => maxRuns)).toEqual([5, 3, 2]);
  expect({ runs, requests, ended }).toMatchObject({ runs: { success: 4, failed: 1 }, requests: 10, ended: "enough" });
});

test("what has to be kept of the runs is of 10,000 at the most, however many there are, and however it ends", async () => {
  const { clock, calls, start } = rounds([
    ["enough", "success", "failed"],
    ["drained", "success"],
  ]);
  const { runs, ended } = await clock.run(start({ stay: false }));
  expect(calls.map(({ maxRuns }) => maxRuns)).toEqual([10_000, 10_000]);
  expect({ runs, ended }).toMatchObject({ runs: { success: 2, failed: 1 }, ended: "drained" });
});

test("a worker that stays ends at its deadline, though the queue is drained and nothing is announced", async () => {
  const { backfill, clock } = smallBackfill({ bars: {} });
  const started = clock.now();
  const options = { signal: new AbortController().signal, deadline: started + 12_000 };
  let rounds = 0;
  const work: typeof backfill.work = async (workOptions) => {
    if (++rounds > 10) throw new Error("it goes on and on");
    return backfill.work(workOptions);
  };
  const input = { backfill: { work }, clock, arrivals: undefined, stay: true, options };
  expect((await clock.run(workRounds(input))).ended).toBe("stopped");
  expect(clock.now() - started).toBe(12_000);
});
