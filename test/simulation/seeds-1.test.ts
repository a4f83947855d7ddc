import { describe, it } from "vitest";
import { expectPromisesKept } from "./seeds.ts";

// Two files, so that two cores share them.
describe("whole backfills under seeded faults keep every promise", () => {
  it.each([0, 250, 500, 750])("seeds 1 and on, from the %dth", async (offset) => {
    await expectPromisesKept(1 + offset, 251 + offset);
  });
});
