import { expect, test, vi } from "vitest";
import { steadyClock } from "../src/steady-clock.ts";

test("time goes on from where it was when the clock is set back", () => {
  let raw = 1000;
  const onSetBack = vi.fn();
  const clock = steadyClock({ now: () => raw, sleep: async () => {} }, onSetBack);
  const said = [1000, 1500, 200, 300, 250, 900].map((time) => {
    raw = time;
    return clock.now();
  });
  expect(said).toEqual([1000, 1500, 1500, 1600, 1600, 2250]);
  expect(onSetBack).toHaveBeenCalledTimes(2);
  expect(clock.at(1000)).toBe(2350);
});
