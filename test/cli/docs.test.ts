// docs/cli.md: its flags are the command's, and what its examples show is what the command prints, on a postgres
// server.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLI_DOCS, withFlags } from "../../scripts/cli-docs.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { CONFIG } from "../../src/cli/settings/schema.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { blocksOf, patternOf, shownIn } from "../docs/shown.ts";
import { command, freshFolder } from "../support/command.ts";
import { openServer } from "../support/postgres.ts";

const docs = await readFile(CLI_DOCS, "utf8");

test("the flags in it are the command's", () => {
  expect(withFlags(docs), "run: npx tsx scripts/cli-docs.ts").toBe(docs);
});

test("every command has a heading and its flags", () => {
  for (const { name, commands } of COMMANDS) {
    expect(docs).toContain(`\n### ${name}\n`);
    for (const word of commands === undefined ? [name] : commands.map((one) => `${name} ${one.name}`))
      expect(docs).toContain(`<!-- flags ${word} -->`);
  }
});

test("its configs are configs", () => {
  const configs = blocksOf(docs, "json").map((text) => JSON.parse(text));
  expect(configs).toHaveLength(2);
  for (const config of configs) CONFIG.parse(config);
});

test("its examples print what it shows", async () => {
  const database = await openServer();
  const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
  const server = await simulator.serve();
  const cwd = await freshFolder();
  // A server in place of the folder, so that it does not take a minute; BARFILL_… wins over the file.
  const env = { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url };
  await writeFile(join(cwd, "barfill.config.json"), blocksOf(docs, "json")[0] ?? "");
  await command(["migrate"], { env });
  const examples = blocksOf(docs, "console").flatMap(shownIn);
  expect(examples.length).toBeGreaterThanOrEqual(10);
  for (const { typed, answer } of examples) {
    // After a local install nothing else finds it.
    expect(typed).toMatch(/^npx barfill /);
    const words = typed.split(" ").slice(2);
    const { stdout, stderr } = await command(words, { env, cwd });
    expect(stdout.trimEnd(), `${typed}\n${stderr}`).toMatch(patternOf(answer));
  }
  await server.close();
  await database.close();
});
