// Where `--folder` may make a database, in this process, with folders of our own.
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshFolder } from "../../support/command.ts";
import { typed } from "../../support/typed.ts";

const WISH = ["--symbols", "SPY", "--timeframes", "d1", "--start", "2023-01-01"];

test.each([["migrate"], ["plan", ...WISH], ["run", ...WISH, "--base-url", "http://127.0.0.1:1"]])(
  "%s makes no database among other files, nor in one, and says what to type",
  async (...words) => {
    const parent = await freshFolder();
    const project = join(parent, "project");
    await mkdir(join(project, "src"), { recursive: true });
    await writeFile(join(project, "package.json"), "{}");
    const refusals = [
      [project, `${project} is no database, and not empty: it has package.json in it`],
      [join(project, "package.json"), `${join(project, "package.json")} is not a folder`],
      [join(project, "package.json", "bars"), `${join(project, "package.json", "bars")} is not a folder`],
    ] as const;
    for (const [folder, message] of refusals) {
      const { code, json } = await typed([...words, "--folder", folder, "--json"]);
      expect(code).toBe(64);
      expect(json().error).toMatchObject({ code: "USAGE", message, hint: expect.stringContaining("--folder ") });
    }
    // No database, and no lock beside it.
    expect((await readdir(project)).sort()).toEqual(["package.json", "src"]);
    expect(await readdir(parent)).toEqual(["project"]);
  },
);

test("a database whose making was cut off is no other file", async () => {
  const folder = await freshFolder();
  for (const name of ["base", "global", "pg_wal"]) await mkdir(join(folder, name));
  expect((await typed(["plan", ...WISH, "--folder", folder, "--json"])).code).toBe(0);
});

test("a schema that cannot be named makes no folder and leaves no lock", async () => {
  const parent = await freshFolder();
  const words = ["run", ...WISH, "--base-url", "http://127.0.0.1:1", "--schema", "a$b"];
  const { code, json } = await typed([...words, "--folder", join(parent, "bars"), "--json"]);
  expect([code, json().error.code]).toEqual([64, "OPTIONS_INVALID"]);
  expect(await readdir(parent)).toEqual([]);
});

test.each([
  { what: "symbols that cannot be read", words: ["--symbols", "@nowhere.txt", ...WISH.slice(2)], code: "USAGE" },
  { what: "a wish that is none", words: [...WISH, "--end", "2022-01-01"], code: "OPTIONS_INVALID" },
  { what: "nothing wanted", words: [], code: "USAGE" },
  { what: "saved jobs, of which a new one has none", words: ["--saved"], code: "USAGE" },
  { what: "a request of the config that is none", requests: [{ symbols: ["spy"] }], code: "OPTIONS_INVALID" },
  { what: "a file of the config that is not there", requests: [{ symbols: "@nowhere.txt" }], code: "USAGE" },
])("$what: run makes no folder and leaves no lock", async ({ words = [], requests, code }) => {
  const parent = await freshFolder();
  const configured = requests?.map((one) => ({ timeframes: ["1Day"], start: "2023-01-01", ...one }));
  await writeFile(join(parent, "barfill.config.json"), JSON.stringify({ requests: configured ?? [] }));
  const config = ["--config", join(parent, "barfill.config.json"), "--base-url", "http://127.0.0.1:1"];
  const ended = await typed(["run", ...words, ...config, "--folder", join(parent, "bars"), "--json"]);
  expect([ended.code, ended.json().error.code]).toEqual([64, code]);
  expect(await readdir(parent)).toEqual(["barfill.config.json"]);
});
