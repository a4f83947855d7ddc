import { expect, test } from "vitest";
import { watchForOutage } from "../../src/executor/outage.ts";
import { DEFAULT_RETRY } from "../../src/executor/retry.ts";

const SECOND = 1000;
/** Half of a wait is left to chance: here none of it. */
const watching = () => watchForOutage(DEFAULT_RETRY, () => 1);

test("three failures in a row are none, the fourth is an outage", () => {
  const outage = watching();
  expect([1, 2, 3].map((at) => outage.failed(at, at))).toEqual([undefined, undefined, undefined]);
  expect(outage.failed(4, 4)).toEqual({ until: 4 + 500, isNew: true });
});

test("an answer in between begins the row anew", () => {
  const outage = watching();
  for (const at of [1, 2, 3]) outage.failed(at, at);
  outage.answered();
  expect([4, 5, 6].map((at) => outage.failed(at, at))).toEqual([undefined, undefined, undefined]);
});

test("in an outage one failure is enough, and the waits double up to half a minute", () => {
  const outage = watching();
  for (const at of [0, 0, 0]) outage.failed(at, at);
  let now = 0;
  const waits = Array.from({ length: 9 }, () => {
    const until = outage.failed(now, now)?.until ?? Number.NaN;
    const wait = until - now;
    now = until;
    return wait;
  });
  expect(waits).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30, 30].map((s) => s * SECOND));
});

test("what was under way before the hold began says nothing new", () => {
  const outage = watching();
  for (const at of [0, 0, 0, 0]) outage.failed(at, 100);
  for (const sentAt of [99, 599]) expect(outage.failed(sentAt, 5000)).toEqual({ until: 600, isNew: false });
  expect(outage.failed(600, 5000)).toEqual({ until: 5000 + 1000, isNew: true });
});

test("an answer ends the outage", () => {
  const outage = watching();
  for (const at of [0, 0, 0, 0]) outage.failed(at, 0);
  outage.answered();
  for (const at of [501, 502, 503]) expect(outage.failed(at, at)).toBeUndefined();
  expect(outage.failed(504, 504)).toEqual({ until: 504 + 500, isNew: true });
});

test("no wait is longer than the policy allows", () => {
  const outage = watchForOutage({ ...DEFAULT_RETRY, maxDelayMs: 700 }, () => 1);
  for (const at of [0, 0, 0]) outage.failed(at, at);
  expect([outage.failed(0, 0)?.until, outage.failed(500, 500)?.until]).toEqual([500, 1200]);
});
