import { expect, test } from "vitest";
import type { Settings } from "../../src/cli/settings/settings.ts";
import { configuredJobs } from "../../src/cli/wish.ts";

test("a job of the config file keeps what it asks for again", async () => {
  const job = { label: "US", symbols: ["SPY"], windowDays: { d1: 30 }, reask: { days: 2, everyHours: 12 } };
  const settings = { jobs: [job], configFolder: "." } as unknown as Settings;
  expect(await configuredJobs(settings)).toMatchObject([{ label: "US_1", reask: { days: 2, everyHours: 12 } }]);
});
