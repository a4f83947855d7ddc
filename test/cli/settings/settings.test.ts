import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CommandError, errorShape } from "../../../src/cli/command-error.ts";
import { readEnvironment } from "../../../src/cli/settings/environment.ts";
import { configJsonSchema } from "../../../src/cli/settings/schema.ts";
import { flagOf, readSettings, variableOf } from "../../../src/cli/settings/settings.ts";
import { freshFolder } from "../../support/command.ts";

async function folderWith(config: unknown): Promise<string> {
  const folder = await freshFolder();
  const text = typeof config === "string" ? config : JSON.stringify(config);
  await writeFile(join(folder, "barfill.config.json"), text);
  return folder;
}

const read = (workingFolder: string, flags = {}, environment = {}) =>
  readSettings({ flags, environment, workingFolder });

test("flags win over the environment, the environment over the file", async () => {
  const folder = await folderWith({ requestsPerMinute: 1, burst: 1, feed: "iex", folder: "bars" });
  const environment = { BARFILL_REQUESTS_PER_MINUTE: "2", BARFILL_BURST: "2" };
  expect(await read(folder, { requestsPerMinute: "3" }, environment)).toMatchObject({
    requestsPerMinute: 3,
    burst: 2,
    feed: "iex",
    folder: join(folder, "bars"),
    configPath: join(folder, "barfill.config.json"),
  });
});

test("files may begin with a byte order mark, as some editors write them", async () => {
  const folder = await folderWith('\uFEFF{ "burst": 7 }');
  expect(await read(folder)).toMatchObject({ burst: 7 });
  const file = join(folder, "keys.env");
  await writeFile(file, "\uFEFFAPCA_API_KEY_ID=key\n");
  expect(await readEnvironment({}, file)).toEqual({ APCA_API_KEY_ID: "key" });
});

test("values of the environment may stand between blanks and line breaks, as secrets out of files do", async () => {
  const environment = await readEnvironment({ APCA_API_KEY_ID: "key\n", DATABASE_URL: " postgres://h/d " }, undefined);
  expect(environment).toEqual({ APCA_API_KEY_ID: "key", DATABASE_URL: "postgres://h/d" });
});

test("what is no list is told in words", async () => {
  const folder = await folderWith({ requests: {}, jobs: "US" });
  expect(await read(folder).catch(errorShape)).toMatchObject({
    issues: [{ expected: "a list of requests" }, { expected: "a list of jobs" }],
  });
});

test("a rate is a number or a word, wherever it comes from", async () => {
  const folder = await folderWith({ requestsPerMinute: "learn" });
  expect(await read(folder)).toMatchObject({ requestsPerMinute: "learn" });
  expect(await read(folder, { requestsPerMinute: "300" })).toMatchObject({ requestsPerMinute: 300 });
  expect(await read(folder, {}, { BARFILL_REQUESTS_PER_MINUTE: "learn" })).toMatchObject({
    requestsPerMinute: "learn",
  });
  for (const wrong of ["lean", "0", "Infinity", " "]) {
    const issues = [{ path: "--requests-per-minute", expected: 'a number above 0, or "learn"' }];
    expect(await read(folder, { requestsPerMinute: wrong }).catch(errorShape)).toMatchObject({ issues });
  }
});

test("the config is found in a folder above; what it names is beside it, what a flag names is here", async () => {
  const folder = await folderWith({ folder: "bars" });
  const deep = join(folder, "a", "b");
  await mkdir(deep, { recursive: true });
  expect(await read(deep)).toMatchObject({ folder: join(folder, "bars"), configFolder: folder });
  expect(await read(deep, { folder: "mine" })).toMatchObject({ folder: join(deep, "mine") });
});

test("every problem is named where it came from, and what came is not shown", async () => {
  const folder = await folderWith({ feed: "my-secret", apiKey: "my-secret", jobs: [{ label: "A", symbols: [] }] });
  const problem = await read(folder).catch(errorShape);
  const at = (path: string) => `${join(folder, "barfill.config.json")}: ${path}`;
  expect(problem).toMatchObject({ code: "OPTIONS_INVALID" });
  const paths = ("issues" in problem ? (problem.issues ?? []) : []) as readonly { path: string }[];
  expect(paths.map(({ path }) => path)).toEqual(
    expect.arrayContaining([at("feed"), at("apiKey"), at("jobs[0].windowDays"), at("jobs[0].symbols")]),
  );
  expect(JSON.stringify(problem)).not.toContain("my-secret");
  const empty = await freshFolder();
  expect(await read(empty, {}, { BARFILL_BURST: "many" }).catch(errorShape)).toMatchObject({
    issues: [{ path: "BARFILL_BURST", expected: "a whole number from 1 to 1000000" }],
  });
  expect(await read(empty, { pages: "0" }).catch(errorShape)).toMatchObject({ issues: [{ path: "--pages" }] });
});

test.each([
  ['{\n  "folder": "bars",\n}', ", at line 3, column 1"],
  ['{\n  "folder": "bars", // here\n}', ", at line 2, column 21"],
  ['{\n  "requests": [{ "symbols": ["SPY", "IBM",],\n "timeframes": ["1Day"] }]\n}', ", at line 2, column 43"],
  ['{\n  "folder": "bars"\n', ", at line 3, column 1"],
  ["[1,]", ", at line 1, column 4"],
  ["", ", at line 1, column 1"],
  ["{} {}", ", at line 1, column 4"],
  ['{ "folder": "bars }', ", at line 1, column 13"],
  ["{ folder: 1 }", ", at line 1, column 3"],
  ['{ "burst": 01 }', ", at line 1, column 13"],
  // The same words twice, and only the second are wrong.
  ['["[1, 2, 3, 4, ], 5, 6, 7, 8",\n  [1, 2, 3, 4, ], 5, 6, 7, 8]', ", at line 2, column 16"],
])("a file that is no JSON is told with where it stops being it: %j", async (text, place) => {
  const folder = await folderWith(text);
  expect(await read(folder).catch(errorShape)).toEqual({
    code: "USAGE",
    message: `${join(folder, "barfill.config.json")} is not JSON${place}`,
    hint: "JSON has neither comments nor trailing commas",
  });
});

test("a file that is no JSON, or not there, is said without a word of its content", async () => {
  const folder = await folderWith('{ "my-secret');
  const problem = await read(folder).catch((error: unknown) => error);
  expect(problem).toBeInstanceOf(CommandError);
  expect(JSON.stringify(errorShape(problem))).not.toContain("my-secret");
  expect(await read(folder, { config: "nowhere.json" }).catch(errorShape)).toMatchObject({ code: "USAGE" });
});

test("an environment file fills in what the environment lacks", async () => {
  const folder = await freshFolder();
  const file = join(folder, ".env");
  await writeFile(file, 'APCA_API_KEY_ID=from-file\nDATABASE_URL="postgres://there"\n');
  expect(await readEnvironment({ APCA_API_KEY_ID: "set" }, file)).toEqual({
    APCA_API_KEY_ID: "set",
    DATABASE_URL: "postgres://there",
  });
  await expect(readEnvironment({}, join(folder, "nowhere"))).rejects.toMatchObject({ code: "USAGE" });
});

test("names of settings, as flags and as variables", () => {
  expect([flagOf("withheldTailMs"), variableOf("withheldTailMs")]).toEqual([
    "--withheld-tail-ms",
    "BARFILL_WITHHELD_TAIL_MS",
  ]);
});

test("the schema that the package ships is the one that the command checks with", async () => {
  const shipped = await readFile(new URL("../../../barfill.config.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(shipped), "run: npx tsx scripts/config-schema.ts").toEqual(configJsonSchema());
});
