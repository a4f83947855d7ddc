import { expect, test } from "vitest";
import { MAKE_UP_SPEED, makeUpFor } from "../../../src/adapters/bottleneck/make-up.ts";

test("what a hold kept back is paid back to the last request, and no more", () => {
  const owed = makeUpFor(60);
  owed.owe(20, 100);
  let turns = 0;
  for (; owed.isDue; turns++) owed.pay();
  // 20 requests in the time that their number of turns saves.
  expect(turns * (1 - 1 / MAKE_UP_SPEED)).toBeCloseTo(19, 0);
});

test("no more is owed than either bound allows", () => {
  const owed = makeUpFor(10);
  owed.owe(1000, 5);
  owed.owe(1000, 1000);
  let turns = 0;
  for (; owed.isDue; turns++) owed.pay();
  expect(turns * (1 - 1 / MAKE_UP_SPEED)).toBeLessThan(10);
});

test("a refusal that turns out to be of everything changes nothing, and one that came at another time neither", () => {
  const owed = makeUpFor(8);
  owed.owe(6, 100);
  owed.refused(true);
  expect(owed.isDue).toBe(false);
  owed.owe(1, 100);
  owed.takeBack();
  let turns = 0;
  for (; owed.isDue; turns++) owed.pay();
  expect(turns * (1 - 1 / MAKE_UP_SPEED)).toBeCloseTo(6, 0);

  // Of the rate, and so it stays: the next refusal, which is of everything, is another one.
  owed.owe(8, 100);
  owed.refused(true);
  owed.refused(false);
  owed.takeBack();
  expect(owed.isDue).toBe(false);
});

test("a refusal meanwhile ends it, and halves what may be owed; soon that is nothing", () => {
  const owed = makeUpFor(8);
  for (let i = 0; i < 4; i++) {
    owed.owe(100, 100);
    expect(owed.isDue).toBe(true);
    owed.refused(true);
    expect(owed.isDue).toBe(false);
  }
  owed.owe(100, 100);
  expect(owed.isDue).toBe(false);
});
