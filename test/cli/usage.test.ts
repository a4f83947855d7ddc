// What cannot work is refused before anything is done; in this process, because there are many ways to be wrong.
import { expect, test } from "vitest";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { typed } from "../support/typed.ts";

test.each([
  [["simulate", "--port", "many"], "--port"],
  [["simulate", "--subscription", "gold"], "--subscription"],
  [["simulate", "--knob", "weather=fine"], "knobs.weather"],
  [["plan", "--symbols", "SPY", "--timeframes", "2Min", "--start", "2023-01-01"], "timeframes[0]"],
  [["plan", "--symbols", "us_batch", "--timeframes", "d1", "--start", "2023-01-01"], "symbols[0]"],
  [["retry", "--folder", "nowhere", "--timeframe", "2Min"], "--timeframe"],
])("%j is refused with 64, and says why", async (words, path) => {
  const { code, json } = await typed([...words, "--json"]);
  expect(code).toBe(64);
  expect(json().error).toMatchObject({ code: "OPTIONS_INVALID", issues: [{ path }] });
});

test.each([
  [[]],
  [["flurry"]],
  [["plan", "--flurry"]],
  [["plan"]],
  [["run", "--symbols", "SPY", "--timeframes", "d1", "--start", "2023-01-01", "--folder", "nowhere"]],
  [["status"]],
  [["jobs", "enable"]],
])("%j is refused with 64, on stderr for people and as JSON for programs", async (words) => {
  const people = await typed(words);
  expect([people.code, people.stdout]).toEqual([64, ""]);
  expect(people.stderr).not.toBe("");
  const programs = await typed([...words, "--json"]);
  expect(programs.code).toBe(64);
  expect(programs.json().error.code).toBe("USAGE");
});

const REQUEST = ["--symbols", "SPY", "--timeframes", "d1", "--start", "2023-01-01"];

test.each([
  [["--end", "2024-01-01"], "--end means nothing without"],
  [["--adjustment", "all", "--priority", "1"], "--adjustment and --priority mean nothing without"],
  [["--saved", "--end", "2024-01-01"], "--end means nothing without"],
  [[...REQUEST, "--saved"], "--saved means nothing where"],
])("plan %j is refused with 64: what would do nothing is named", async (words, named) => {
  const { code, json } = await typed(["plan", ...words, "--json"]);
  expect(code).toBe(64);
  expect(json().error).toMatchObject({ code: "USAGE", message: expect.stringContaining(named) });
});

test("a plan of what the flags say takes them all", async () => {
  const words = ["--end", "2023-02-01", "--adjustment", "all", "--priority", "1", "--label", "US"];
  const { code, json } = await typed(["plan", ...REQUEST, ...words, "--json"]);
  expect([code, json().batches[0].label]).toEqual([0, "US"]);
});

test("the doctor skips a database that nobody named; one that is not there is a problem", async () => {
  const database = async (...words: string[]) => {
    const { checks } = (await typed(["doctor", ...words, "--json"])).json();
    return checks.find(({ name }: { name: string }) => name === "database");
  };
  expect(await database()).toMatchObject({ state: "skipped", found: "no database is named" });
  expect(await database("--folder", "nowhere")).toMatchObject({ state: "problem" });
});

test("a port that is taken is named, with what to pass", async () => {
  const { url, close } = await alpacaSimulator({ market: syntheticMarket() }).serve();
  const { port } = new URL(url);
  const { code, json } = await typed(["simulate", "--port", port, "--json"]);
  await close();
  expect([code, json().error]).toEqual([
    1,
    {
      code: "PORT_IN_USE",
      message: `port ${port} is taken, perhaps by another barfill simulate`,
      hint: "Pass --port 0 for any that is free",
    },
  ]);
});
