// What an example says at its end that it prints, it prints.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const FOLDER = new URL("../../examples/", import.meta.url);
const examples = readdirSync(FOLDER)
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .flatMap((name) => {
    const [, said] = readFileSync(new URL(name, FOLDER), "utf8").split("\n// Prints:\n");
    return said === undefined ? [] : [{ name, said: said.replaceAll(/^\/\/ /gm, "") }];
  });

test("some say it", () => {
  expect(examples.length).toBeGreaterThanOrEqual(4);
});

test.each(examples)("$name", async ({ name, said }) => {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", new URL(name, FOLDER).pathname]);
  expect(stdout).toBe(said);
});
