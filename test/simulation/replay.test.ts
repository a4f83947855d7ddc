import { describe, expect, it } from "vitest";
import { simulate } from "./simulate.ts";

async function traceOf(seed: number) {
  const lines: string[] = [];
  const { violations, counts } = await simulate(seed, { trace: (line) => lines.push(line) });
  return { trace: lines.join("\n"), violations, counts };
}

describe("a seed", () => {
  it("replays byte for byte", async () => {
    // After others have run in between, too: nothing is left over from one seed to the next.
    for (const seed of [3, 42, 107, 309, 1088]) {
      const first = await traceOf(seed);
      await simulate(seed + 1);
      const second = await traceOf(seed);
      expect(second).toEqual(first);
      expect(first.trace.length).toBeGreaterThan(5000);
    }
  });

  it("is another story than the next one", async () => {
    const traces = await Promise.resolve([await traceOf(11), await traceOf(12)]);
    expect(traces[0]?.trace).not.toBe(traces[1]?.trace);
  });
});

describe("the seeds of a day", () => {
  it("meet everything that can go wrong", async () => {
    const sums: Record<string, number> = {};
    for (let seed = 1; seed <= 150; seed++) {
      const { counts } = await simulate(seed);
      for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
    }
    for (const [name, sum] of Object.entries(sums)) expect(sum, name).toBeGreaterThan(0);
  });
});
