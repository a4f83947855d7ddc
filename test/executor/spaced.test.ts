import { expect, test } from "vitest";
import { spaced } from "../../src/executor/spaced.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";
import { openLimiter } from "../support/small-backfill.ts";

function shareOf(requestsPerMinute: number) {
  const clock = fakeClock();
  const start = clock.now();
  const limiter = openLimiter(clock);
  const share = spaced(limiter, requestsPerMinute, clock);
  const left: number[] = [];
  const send = (signal?: AbortSignal) =>
    share.schedule(async () => void left.push(clock.now() - start), signal === undefined ? {} : { signal });
  return { clock, start, share, limiter, left, send };
}

test("requests leave evenly spaced, one after the other or all at once, and a pause saves nothing up", async () => {
  const { clock, left, send } = shareOf(60);
  await clock.run(Promise.all([send(), send(), send()]));
  await clock.run(send());
  await clock.advance(10_000);
  await clock.run(Promise.all([send(), send()]));
  expect(left).toEqual([0, 1000, 2000, 3000, 13_000, 14_000]);
});

test("one that waited for its turn counts from when it left", async () => {
  const { clock, start, share, limiter, left, send } = shareOf(60);
  share.holdUntil(start + 5500);
  expect(limiter.holds).toEqual([start + 5500]);
  await clock.run(send());
  await clock.run(send());
  expect(left).toEqual([5500, 6500]);
});

test("those that waited for the end of a hold together leave evenly spaced after it", async () => {
  const { clock, start, share, left, send } = shareOf(60);
  share.holdUntil(start + 5500);
  await clock.run(Promise.all([send(), send(), send(), send()]));
  expect(left).toEqual([5500, 6500, 7500, 8500]);
});

test("one that gives up in the line lets those behind it pass, in their order", async () => {
  const { clock, start, share, left, send } = shareOf(60);
  share.holdUntil(start + 5500);
  const stop = new AbortController();
  const first = send();
  const second = send(stop.signal);
  const others = [send(), send()];
  await clock.advance(100);
  stop.abort("lost");
  await expect(second).rejects.toBe("lost");
  expect(clock.now() - start).toBe(100);
  await clock.run(Promise.all([first, ...others]));
  expect(left).toEqual([5500, 6500, 7500]);
});

test("one that fails lets the next one go", async () => {
  const { clock, start, share, left, send } = shareOf(60);
  const failing = share.schedule(async () => Promise.reject(new Error("refused")));
  const next = send();
  await expect(failing).rejects.toThrow("refused");
  await clock.run(next);
  expect([left, clock.now() - start]).toEqual([[1000], 1000]);
});

test("requests go on at their pace when the clock is set back by two hours", async () => {
  const clock = fakeClock();
  let setBackMs = 0;
  const machineClock = { now: () => clock.now() - setBackMs, sleep: clock.sleep };
  const share = spaced(openLimiter(clock), 60, machineClock);
  const left: number[] = [];
  const start = clock.now();
  const send = () => share.schedule(async () => void left.push(clock.now() - start), {});
  await clock.run(Promise.all([send(), send()]));
  setBackMs = 7_200_000;
  await clock.run(Promise.all([send(), send()]));
  expect(left).toEqual([0, 1000, 2000, 3000]);
});

test("one that is aborted while it waits rejects with the reason, and never leaves", async () => {
  const { clock, left, send } = shareOf(60);
  const stop = new AbortController();
  const waiting = Promise.allSettled([send(), send(stop.signal)]);
  await clock.advance(500);
  stop.abort("stopped");
  expect(await clock.run(waiting)).toMatchObject([{ status: "fulfilled" }, { status: "rejected", reason: "stopped" }]);
  expect(left).toEqual([0]);
});
