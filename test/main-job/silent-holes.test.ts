import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type Holes, holesOf } from "../../bench/support/silent-holes.ts";

beforeEach(() => void vi.useFakeTimers({ now: Date.UTC(2024, 5, 3) }));
afterEach(() => void vi.useRealTimers());

/** What `promise` brings; the waits of the SDK's retries pass at once. */
async function hurried<T>(promise: Promise<T>): Promise<T> {
  let over = false;
  const finish = () => {
    over = true;
  };
  promise.then(finish, finish);
  while (!over) await vi.advanceTimersByTimeAsync(100);
  return promise;
}

it("under the same faults of one simulator, bars are lost silently by others and never by barfill", async () => {
  const silent: Record<string, number> = {};
  // Of ten seeds, the ones that hit a page whose loss nobody notices. `npm run bench -- holes` runs all ten.
  for (const seed of [5, 7]) {
    const all: Record<string, Holes> = await hurried(holesOf(seed, 0.1));
    for (const [name, holes] of Object.entries(all)) silent[name] = (silent[name] ?? 0) + holes.silent;
    expect(all["barfill"]).toMatchObject({ silent: 0, told: 0 });
  }
  expect(silent).toEqual({
    barfill: 0,
    "SDK collectStockBarsBySymbol": expect.any(Number),
    "plain loop": expect.any(Number),
  });
  expect(silent["SDK collectStockBarsBySymbol"]).toBeGreaterThan(0);
  expect(silent["plain loop"]).toBeGreaterThan(0);
});
