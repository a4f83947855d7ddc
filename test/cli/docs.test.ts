// docs/cli.md: its flags are the command's, and what its examples show is what the command prints, on a postgres server.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CLI_DOCS, withFlags } from "../../scripts/cli-docs.ts";
import { COMMANDS } from "../../src/cli/commands.ts";
import { CONFIG } from "../../src/cli/settings/schema.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
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
  const configs = blocks("json").map((text) => JSON.parse(text));
  expect(configs).toHaveLength(2);
  for (const config of configs) CONFIG.parse(config);
});

test("its examples print what it shows", { timeout: 60_000 }, async () => {
  const database = await openServer();
  const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
  const server = await simulator.serve();
  const cwd = await freshFolder();
  // A server in place of the folder, so that it does not take a minute; BARFILL_… wins over the file.
  const env = { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url };
  await writeFile(join(cwd, "barfill.config.json"), blocks("json")[0] ?? "");
  await command(["migrate"], { env });
  const examples = blocks("console");
  expect(examples.length).toBeGreaterThanOrEqual(10);
  for (const example of examples) {
    const [line = "", ...shown] = example.split("\n");
    expect(line).toMatch(/^\$ barfill /);
    const words = line.split(" ").slice(2);
    const { stdout, stderr } = await command(words, { env, cwd });
    expect(stdout.trimEnd(), `${line}\n${stderr}`).toMatch(patternOf(shown.join("\n").trimEnd()));
  }
  await server.close();
  await database.close();
});

function blocks(language: string): string[] {
  return [...docs.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"))].map(([, text = ""]) => text);
}

/** `…` is anything, a line of its own with nothing but `…` any number of lines. */
function patternOf(shown: string): RegExp {
  const lines = shown.split("\n").map((line) => {
    if (line === "…") return "[\\s\\S]*?";
    return line.split("…").map(escaped).join(".*");
  });
  return new RegExp(`^${lines.join("\n").replaceAll("[\\s\\S]*?\n", "[\\s\\S]*?")}$`);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
