// What cannot work is refused before anything is done; in this process, because there are many ways to be wrong.
import { expect, test } from "vitest";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { typed } from "../support/typed.ts";

const REQUEST = ["--symbols", "SPY", "--timeframes", "d1", "--start", "2023-01-01"];

test.each([
  [["simulate", "--port", "many"], "--port"],
  [["simulate", "--subscription", "gold"], "--subscription"],
  [["simulate", "--knob", "weather=fine"], "knobs.weather"],
  [["plan", "--symbols", "SPY", "--timeframes", "2Min", "--start", "2023-01-01"], "timeframes[0]"],
  [["plan", "--symbols", "us_batch", "--timeframes", "d1", "--start", "2023-01-01"], "symbols[0]"],
  [["retry", "--folder", "nowhere", "--timeframe", "2Min"], "--timeframe"],
  [["plan", "--requests-per-minute", "abc"], "--requests-per-minute", '"abc"'],
  [["plan", "--feed", "sipp"], "--feed", '"sipp"'],
  [["plan", ...REQUEST, "--priority", "high"], "--priority", '"high"'],
  [["plan", ...REQUEST, "--end", "tomorrow"], "--end", '"tomorrow"'],
  [["plan", "--base-url", "ftp://me:hunter2@host"], "--base-url", expect.not.stringContaining("hunter2")],
])("%j is refused with 64, and says why", async (words, path, received = expect.any(String)) => {
  const { code, json } = await typed([...words, "--json"]);
  expect(code).toBe(64);
  expect(json().error).toMatchObject({ code: "OPTIONS_INVALID", issues: [{ path, received }] });
});

test("a folder without bars is named, and what it should hold", async () => {
  const { code, json } = await typed(["simulate", "--csv", "no-such-folder", "--json"]);
  expect([code, json().error.code]).toEqual([64, "USAGE"]);
  expect(json().error.message).toMatch(/^no bars in \/.*no-such-folder$/);
  expect(json().error.hint).toContain("1Day/SPY.csv");
});

test("what every command takes may stand before its name too", async () => {
  const { code, json } = await typed(["--json", "status", "--folder", "nowhere"]);
  expect([code, json().error.code]).toEqual([64, "USAGE"]);
  const named = (await typed(["--config", "no-such-file.json", "plan", "--json"])).json();
  expect(named.error.message).toContain("no-such-file.json");
});

test("an instant on the command line is expected as it can be typed", async () => {
  const { json } = await typed(["plan", ...REQUEST.slice(0, -1), "tomorrow", "--json"]);
  const expected = "YYYY-MM-DD, or RFC 3339 with Z or an offset";
  expect(json().error.issues).toEqual([{ path: "--start", expected, received: '"tomorrow"' }]);
});

test.each([
  [REQUEST.slice(0, 4), "--start is missing"],
  [REQUEST.slice(0, 2), "--timeframes and --start are missing"],
  [REQUEST.slice(4), "--symbols and --timeframes are missing"],
])("plan %j names what is missing", async (words, message) => {
  const { code, json } = await typed(["plan", ...words, "--json"]);
  expect([code, json().error]).toMatchObject([64, { code: "USAGE", message }]);
});

test.each([
  [{}, "no keys for Alpaca"],
  [{ APCA_API_SECRET_KEY: "s" }, "APCA_API_KEY_ID is missing, a key for Alpaca"],
  [{ APCA_API_KEY_ID: "k", APCA_API_SECRET_KEY: "" }, "APCA_API_SECRET_KEY is missing, a key for Alpaca"],
])("with the keys %j: %s", async (env, message) => {
  const { code, json } = await typed(["run", ...REQUEST, "--folder", "nowhere", "--json"], env);
  expect([code, json().error.message]).toEqual([64, message]);
  expect(json().error.hint).toContain("barfill simulate");
});

test.each([
  [["flurry"], "barfill: unknown command 'flurry'\n(barfill --help tells more)\n"],
  [["plan", "--flurry"], "barfill: unknown option '--flurry'\n(barfill plan --help tells more)\n"],
  [["jobs", "enable"], "barfill: missing required argument 'label'\n(barfill jobs enable --help tells more)\n"],
])("%j is answered as all that goes wrong is, and told which help helps", async (words, told) => {
  expect((await typed(words)).stderr).toBe(told);
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

test("a plan says how Alpaca spells a class of shares, before anything is asked", async () => {
  const adviceOn = async (symbols: string, ...more: readonly string[]) => {
    const { code, json } = await typed(["plan", "--symbols", symbols, ...REQUEST.slice(2), ...more, "--json"]);
    expect(code).toBe(0);
    return json().advice.filter(({ code }: { code: string }) => code === "dash-in-symbol");
  };
  expect(await adviceOn("BRK.B,SPY,BAC-PL")).toEqual([]);
  expect(await adviceOn("BTC/USD", "--source", "alpaca-crypto")).toEqual([]);
  expect(await adviceOn("BF-B,BRK-B,SPY")).toMatchObject([
    { message: "Alpaca writes a class of shares with a dot, and refuses a dash: BF.B for BF-B, BRK.B for BRK-B." },
  ]);
});
