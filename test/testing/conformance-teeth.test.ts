import { describe, expect, test } from "vitest";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { pageBudget } from "../../src/planners/page-budget.ts";
import { plannerCases, queueCases, sourceCases, storeCases } from "../../src/testing/conformance/index.ts";
import { manualClock } from "../adapters/memory/manual-clock.ts";
import { STOCKS } from "../planners/fixtures.ts";
import { failing } from "./fault.ts";
import { plannerFaults } from "./planner-faults.ts";
import { queueFaults } from "./queue-faults.ts";
import { scripted, sourceFaults } from "./source-faults.ts";
import { storeFaults } from "./store-faults.ts";

describe("each fault in a store breaks exactly these cases", () => {
  test.each(storeFaults)("$name: $breaks", async ({ breaks, plant }) => {
    expect(await failing(storeCases, () => ({ store: plant(memoryStore(), manualClock()) }))).toEqual(breaks);
  });
});

describe("each fault in a queue breaks exactly these cases", () => {
  test.each(queueFaults)("$name: $breaks", async ({ breaks, plant }) => {
    const create = () => {
      const clock = manualClock();
      return { queue: plant(memoryQueue({ clock }), clock), advance: clock.advance };
    };
    expect(await failing(queueCases, create)).toEqual(breaks);
  });
});

describe("each fault in a source breaks exactly these cases", () => {
  test.each(sourceFaults)("$name: $breaks", async ({ breaks, plant }) => {
    const create = () => {
      const { source, ...context } = scripted();
      return { ...context, source: plant(source, manualClock()) };
    };
    expect(await failing(sourceCases, create)).toEqual(breaks);
  });
});

describe("each fault in a planner breaks exactly these cases", () => {
  test.each(plannerFaults)("$name: $breaks", async ({ breaks, plant }) => {
    const create = () => ({ planner: plant(pageBudget(), manualClock()), limits: STOCKS });
    expect(await failing(plannerCases, create)).toEqual(breaks);
  });
});

test("no case is without teeth", () => {
  const broken = new Set(
    [...storeFaults, ...queueFaults, ...sourceFaults, ...plannerFaults].flatMap(({ breaks }) => breaks),
  );
  const blunt = [...storeCases, ...queueCases, ...sourceCases, ...plannerCases].filter(({ id }) => !broken.has(id));
  expect(blunt.map(({ id }) => id)).toEqual([]);
});

test("ids are numbered without a hole, so that none is given twice", () => {
  const numbered = (letter: string, count: number) =>
    Array.from({ length: count }, (_, i) => letter + String(i + 1).padStart(2, "0"));
  expect(storeCases.map(({ id }) => id).sort()).toEqual(numbered("S", storeCases.length));
  expect(queueCases.map(({ id }) => id).sort()).toEqual(numbered("Q", queueCases.length));
  expect(sourceCases.map(({ id }) => id).sort()).toEqual(numbered("B", sourceCases.length));
  expect(plannerCases.map(({ id }) => id).sort()).toEqual(numbered("P", plannerCases.length));
});
