import { expect } from "vitest";
import { simulate } from "./simulate.ts";

/** Runs seeds `[from, to)`; the first that breaks a promise fails the test with the command that replays it. */
export async function expectPromisesKept(from: number, to: number): Promise<void> {
  const broken: string[] = [];
  for (let seed = from; seed < to; seed++) {
    const { violations } = await simulate(seed);
    if (violations.length > 0) broken.push(`npm run simulate -- --seed ${seed} --trace`, ...violations);
  }
  expect(broken).toEqual([]);
}
