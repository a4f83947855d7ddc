import { fixedWindow, pageBudget } from "barfill";
import { plannerCases, runConformance } from "barfill/testing";
import { describe, test } from "vitest";

const planners = {
  "pages: 32": pageBudget(),
  "pages: 1": pageBudget({ pages: 1 }),
  "50 symbols by 30 days": fixedWindow(),
  "one symbol by 400.1 days": fixedWindow({ symbols: 1, days: 400.1 }),
};

describe.each(Object.entries(planners))("%s", (_, planner) => {
  runConformance({ cases: plannerCases, create: async () => ({ planner }), test });
});
