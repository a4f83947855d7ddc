import { expect, test } from "vitest";
import { watchForOutage } from "../../src/executor/outage.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";

const SECOND = 1000;

/** Half of a wait is left to chance: here none of it. */
function watching(retry = DEFAULT_RETRY) {
  const outage = watchForOutage(retry, () => 1);
  return {
    answered: outage.answered,
    /** A request that left when its time had come, and failed at `at`. */
    alone: (at: number) => outage.failed(outage.holds, at),
    /** So many that left together, in the order of their failing. */
    together: (ats: readonly number[]) => {
      const { holds } = outage;
      return ats.map((at) => outage.failed(holds, at));
    },
  };
}

test("three failures in a row are none, the fourth is an outage", () => {
  const outage = watching();
  expect(outage.together([1, 2, 3])).toEqual([undefined, undefined, undefined]);
  expect(outage.alone(4)).toEqual({ until: 4 + 500, isNew: true });
});

test("an answer in between begins the row anew", () => {
  const outage = watching();
  outage.together([1, 2, 3]);
  outage.answered();
  expect(outage.together([4, 5, 6])).toEqual([undefined, undefined, undefined]);
});

test("in an outage one failure is enough, and the waits double up to half a minute", () => {
  const outage = watching();
  outage.together([0, 0, 0]);
  let now = 0;
  const waits = Array.from({ length: 9 }, () => {
    const until = outage.alone(now)?.until ?? Number.NaN;
    const wait = until - now;
    now = until;
    return wait;
  });
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * SECOND));
});

test("what was under way when the hold was decided says nothing new", () => {
  const outage = watching();
  const [, , , fourth, ...late] = outage.together([100, 100, 100, 100, 200, 5000]);
  expect(fourth).toEqual({ until: 600, isNew: true });
  expect(late).toEqual([fourth, fourth].map((hold) => ({ ...hold, isNew: false })));
  expect(outage.alone(5000)).toEqual({ until: 5000 + 1000, isNew: true });
});

test("what leaves after a hold counts, though the clock was set back by more than the hold", () => {
  const outage = watching();
  outage.together([7_200_000, 7_200_000, 7_200_000, 7_200_000]);
  expect(outage.alone(0)).toEqual({ until: 1000, isNew: true });
});

test("an answer ends the outage", () => {
  const outage = watching();
  outage.together([0, 0, 0, 0]);
  outage.answered();
  expect(outage.together([501, 502, 503])).toEqual([undefined, undefined, undefined]);
  expect(outage.alone(504)).toEqual({ until: 504 + 500, isNew: true });
});

test("no wait is longer than the policy allows", () => {
  const outage = watching({ ...DEFAULT_RETRY, maxDelayMs: 700 });
  outage.together([0, 0, 0]);
  expect([outage.alone(0)?.until, outage.alone(500)?.until]).toEqual([500, 1200]);
});
