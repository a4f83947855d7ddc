import { describe, expect, it } from "vitest";
import type { Arrivals } from "../../src/contracts/arrivals.ts";
import { wakeups } from "../../src/executor/wakeups.ts";
import { fakeClock } from "../../src/testing/fake-clock.ts";

const HOUR_MS = 3_600_000;

/** Waits for an hour, with `announce` in hand. */
function waiting() {
  const clock = fakeClock({ now: 0 });
  const [stop, wake] = [new AbortController(), new AbortController()];
  let announce = (_inMs: number): void => {};
  const arrivals: Arrivals = {
    listen(onDue, { signal }) {
      announce = onDue;
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  };
  const found = wakeups(clock, arrivals, stop.signal);
  let wokenAt: number | undefined;
  const wait = () => found.wait(HOUR_MS, wake.signal).then(() => void (wokenAt = clock.now()));
  return { clock, stop, wake, ...found, wait, announce: (inMs: number) => announce(inMs), wokenAt: () => wokenAt };
}

describe("a worker that waits for an hour", () => {
  it("waits no longer when its clock is set back meanwhile", async () => {
    const clock = fakeClock({ now: 0 });
    let aheadMs = 2 * HOUR_MS;
    const steppable = { ...clock, now: () => clock.now() + aheadMs };
    let isOver = false;
    const { wait } = wakeups(steppable, undefined, new AbortController().signal);
    void wait(HOUR_MS, new AbortController().signal).then(() => void (isOver = true));
    await clock.advance(1000);
    aheadMs = 0;
    await clock.advance(HOUR_MS);
    expect(isOver).toBe(true);
  });

  it("is woken by what is due at once, without any time going by", async () => {
    const { clock, wait, announce, wokenAt } = waiting();
    void wait();
    await clock.advance(1000);
    announce(0);
    await clock.advance(0);
    expect(wokenAt()).toBe(1000);
  });

  it("sleeps on until what is announced for later falls due, the earliest first", async () => {
    const { clock, wait, announce, wokenAt } = waiting();
    void wait();
    announce(60_000);
    announce(20_000);
    announce(2 * HOUR_MS);
    await clock.advance(19_999);
    expect(wokenAt()).toBeUndefined();
    await clock.advance(1);
    expect(wokenAt()).toBe(20_000);
  });

  it("does not miss what comes between its last question and its wait", async () => {
    const { wait, announce, forgetPast, wokenAt } = waiting();
    forgetPast();
    announce(0);
    await wait();
    expect(wokenAt()).toBe(0);
  });

  it("forgets what was due before its last question, and keeps what was not", async () => {
    const { clock, wait, announce, forgetPast, wokenAt } = waiting();
    announce(0);
    announce(5000);
    forgetPast();
    void wait();
    await clock.advance(4999);
    expect(wokenAt()).toBeUndefined();
    await clock.advance(1);
    expect(wokenAt()).toBe(5000);
  });

  it("polls after the hour, and can be woken by others", async () => {
    const polled = waiting();
    void polled.wait();
    await polled.clock.advance(HOUR_MS);
    expect(polled.wokenAt()).toBe(HOUR_MS);
    const woken = waiting();
    void woken.wait();
    await woken.clock.advance(1);
    woken.wake.abort();
    await woken.clock.advance(0);
    expect(woken.wokenAt()).toBe(1);
  });

  it("ends its listening with its work", async () => {
    const { stop, over } = waiting();
    stop.abort();
    await over;
  });
});

it("without arrivals there is nothing to end, and the poll goes by time alone", async () => {
  const clock = fakeClock({ now: 0 });
  const { over, wait } = wakeups(clock, undefined, new AbortController().signal);
  await over;
  await clock.run(wait(1000, new AbortController().signal));
  expect(clock.now()).toBe(1000);
});
