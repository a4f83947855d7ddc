import { describe, expect, it } from "vitest";
import { PLANTED } from "./planted.ts";
import { simulate } from "./simulate.ts";

const MOST_SEEDS = 500;

describe("a planted bug is found within 500 seeds", () => {
  it.each(PLANTED.map((planted) => [planted.name, planted] as const))("%s", async (_, planted) => {
    let found: readonly string[] = [];
    for (let seed = 1; seed <= MOST_SEEDS && found.length === 0; seed++) {
      found = (await simulate(seed, { planted })).violations;
    }
    expect(found.join("\n")).toMatch(planted.breaks);
  });

  it("none where none is planted", async () => {
    for (let seed = 1; seed <= 10; seed++) expect((await simulate(seed)).violations, `seed ${seed}`).toEqual([]);
  });
});
