import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { fakeClock } from "../src/testing/fake-clock.ts";
import { timeLimit, unlessAborted } from "../src/time-limit.ts";

const NOW = Date.UTC(2024, 0, 2);
const never = () => new Promise<never>(() => {});

it("waits for a call until the time has come, and no longer", async () => {
  const clock = fakeClock({ now: NOW });
  const limit = timeLimit(clock, NOW + 1000);
  expect(await limit.within(async () => 7)).toBe(7);
  await expect(limit.within(() => Promise.reject(new Error("its own")))).rejects.toThrow("its own");
  await expect(clock.run(limit.within(never))).rejects.toMatchObject({ name: "TimeoutError" });
  expect([clock.now() - NOW, limit.signal.aborted]).toEqual([1000, true]);
  let calls = 0;
  await expect(limit.within(async () => ++calls)).rejects.toMatchObject({ name: "TimeoutError" });
  expect(calls).toBe(0);
});

it("begins nothing once the time has come, though its timer is late", async () => {
  let now = NOW;
  const limit = timeLimit({ now: () => now, sleep: never }, NOW + 1000);
  now += 1000;
  await expect(limit.within(async () => 7)).rejects.toMatchObject({ name: "TimeoutError" });
});

it("has none without end, and lets go of what waits when it is ended", async () => {
  const clock = fakeClock({ now: NOW });
  const limit = timeLimit(clock, Number.POSITIVE_INFINITY);
  const waiting = limit.within(never);
  limit.end();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  expect(limit.signal.aborted).toBe(true);
});

it("is over with the signal, were it before it began, and keeps no listener on it", async () => {
  const clock = fakeClock({ now: NOW });
  const abort = new AbortController();
  const limit = timeLimit(clock, NOW + 1000, abort.signal);
  const waiting = limit.within(never);
  expect(getEventListeners(abort.signal, "abort")).toHaveLength(1);
  abort.abort();
  await expect(waiting).rejects.toMatchObject({ name: "AbortError" });
  await expect(timeLimit(clock, NOW + 1000, abort.signal).within(never)).rejects.toMatchObject({ name: "AbortError" });
  const other = new AbortController();
  timeLimit(clock, NOW + 1000, other.signal).end();
  expect([abort, other].flatMap(({ signal }) => getEventListeners(signal, "abort"))).toEqual([]);
});

it("adds one listener a call, whatever the call waits for, and leaves none", async () => {
  const clock = fakeClock({ now: NOW });
  const abort = new AbortController();
  const listeners = () => getEventListeners(abort.signal, "abort").length;
  const sleep = () => unlessAborted(abort.signal, (own) => clock.sleep(1000, own));
  const sleeping = Promise.allSettled(Array.from({ length: 8 }, sleep));
  expect(listeners()).toBe(8);
  abort.abort(new Error("enough"));
  expect((await sleeping).every(({ status }) => status === "rejected")).toBe(true);
  expect(listeners()).toBe(0);
});
