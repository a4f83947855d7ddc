import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { openPace } from "../../../src/adapters/bottleneck/pace.ts";
import { NOW } from "./starts.ts";

beforeEach(() => void vi.useFakeTimers({ now: NOW }));
afterEach(() => void vi.useRealTimers());

test("a retired pace deals no more turns, however many were asked for", async () => {
  const pace = openPace(0.2);
  const onTurn = vi.fn(() => pace.retire());
  for (let i = 0; i < 20; i++) pace.askForTurn(onTurn);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onTurn).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test("one that is retired at once deals none", async () => {
  const pace = openPace(300);
  const onTurn = vi.fn();
  pace.askForTurn(onTurn);
  pace.retire();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(onTurn).not.toHaveBeenCalled();
});
