import { expect, test } from "vitest";
import { watchForOutage } from "../../src/executor/outage.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";

const SECOND = 1000;

/** Half of a wait is left to chance: here none of it. */
function watching(retry = DEFAULT_RETRY) {
  const outage = watchForOutage(retry, () => 1);
  return {
    outage,
    answered: () => outage.answered("another"),
    /** A request that left when its time had come, and failed at `at`. */
    alone: (at: number, id = "A") => outage.failed(id, outage.holds, at),
    /** So many that left together, in the order of their failing. */
    together: (ats: readonly number[]) => {
      const { holds } = outage;
      return ats.map((at) => outage.failed("A", holds, at));
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

/** Three failures that cost nothing, and eight holds: a minute or so. */
const LONG = 11;

/** `ids` fail in turn, so often in all. */
function failing(watch: ReturnType<typeof watching>, ids: readonly string[], times = LONG): void {
  for (let i = 0; i < times; i++) watch.alone(0, ids[i % ids.length]);
}

test("after eight holds in a row the source is gone, where others wait for their turn", () => {
  const watch = watching();
  watch.outage.leased(true);
  watch.answered();
  failing(watch, ["A", "B"], LONG - 1);
  expect(watch.outage).toMatchObject({ isGone: false, isHopeless: false });
  failing(watch, ["A"], 1);
  expect(watch.outage).toMatchObject({ isGone: true, isHopeless: false, stepAsideMs: LONG * 2 * SECOND });
  watch.answered();
  expect(watch.outage.isGone).toBe(false);
});

test("it is gone for nobody once a claim came short, until there is an answer", () => {
  const watch = watching();
  watch.outage.leased(true);
  failing(watch, ["A", "B"]);
  watch.outage.leased(false);
  watch.outage.leased(true);
  expect(watch.outage.isGone).toBe(false);
  watch.answered();
  watch.outage.leased(true);
  failing(watch, ["C", "D"]);
  expect(watch.outage.isGone).toBe(true);
});

test("a slice that used up its tries while others were answered holds nobody any more, until it is answered", () => {
  const watch = watching();
  watch.alone(0);
  watch.answered();
  failing(watch, ["A"], 3);
  watch.outage.usedUp("A", 4);
  failing(watch, ["A"], 5);
  expect(watch.outage.holds).toBe(0);
  watch.outage.answered("A");
  failing(watch, ["A"], 4);
  expect(watch.outage.holds).toBe(1);
});

test("one that used them up while nobody was answered is as good as any other", () => {
  const watch = watching();
  failing(watch, ["A"], 4);
  watch.outage.usedUp("A", 4);
  failing(watch, ["A"], 1);
  expect(watch.outage.holds).toBe(2);
});

test("those that failed for a minute until another was answered hold nobody any more, but for who is answered", () => {
  const watch = watching();
  failing(watch, ["A", "B"]);
  watch.answered();
  watch.outage.answered("B");
  failing(watch, ["A"], 9);
  expect(watch.outage.holds).toBe(LONG - 3);
  failing(watch, ["B"], 4);
  expect(watch.outage.holds).toBe(LONG - 2);
});
