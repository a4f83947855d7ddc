// Every block of TypeScript and of SQL in the docs, run in this process with a world around it. Those below
// `<!-- runs -->` run in a process of their own besides, and what they print is compared (code-blocks.test.ts).
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { migrate } from "../../src/adapters/postgres/index.ts";
import { isBarfillError } from "../../src/index.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";
import { codeBlocks } from "./code-blocks.ts";
import { PAGES, ROOT } from "./pages.ts";
import { openWorld, type World } from "./world.ts";

const blocks = codeBlocks().filter(({ runs }) => !runs);
/** Registers tests: it has to run while tests are collected, and needs nobody's server. */
const [suites, others] = [blocks.filter(isSuite), blocks.filter((block) => !isSuite(block))];

const names = globalThis as { given?: World["given"] };
let database: ServerDatabase;
let world: World;
beforeAll(async () => {
  database = await openServer();
  world = await openWorld(database);
  names.given = world.given;
});
afterAll(async () => {
  delete names.given;
  await world?.close();
  await database?.close();
});

test.each(others)("the block at $at runs", async ({ code }) => {
  const log = vi.spyOn(console, "log").mockImplementation(() => {});
  try {
    // The only block that throws is about what to throw.
    if (/^throw /m.test(code)) await expect(run(code)).rejects.toSatisfy((error) => isBarfillError(error));
    else await run(code);
  } finally {
    log.mockRestore();
  }
});

describe.each(suites)("the suite at $at", async ({ code }) => {
  const { memoryStore } = await import("../../src/adapters/memory/index.ts");
  names.given = { openEmptyDatabase: async () => ({ close: async () => {} }), myStore: () => memoryStore() };
  await run(code);
});

function isSuite({ code }: { readonly code: string }): boolean {
  return code.includes('from "vitest"');
}

/** Beside package.json, so that `barfill` is what stands here. */
async function run(code: string): Promise<void> {
  const file = `${ROOT}.block-${Math.random().toString(36).slice(2)}.ts`;
  writeFileSync(file, withGiven(code));
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    rmSync(file);
  }
}

function withGiven(code: string): string {
  return code
    .replace(/^declare const (\w+): .*;$/gm, (_, name: string) => `const ${name} = globalThis.given["${name}"];`)
    .replaceAll("<project>", "project")
    .replace(/"<a secret key: [^"]*"/g, 'globalThis.given["secretKey"]');
}

/** SQL that nothing here runs. */
const NO_SQL: readonly (readonly [RegExp, string])[] = [
  [/create_hypertable/, "TimescaleDB is not to be had out of npm"],
];

/** Of Supabase's extensions, what pages name. */
const EXTENSIONS = `
create schema cron; create schema net; create schema vault;
create table cron.job_run_details (start_time timestamptz);
create table net._http_response (id int, status_code int, content text);
create table vault.secrets (secret text, name text);
create function vault.create_secret(text, text) returns void language sql as 'insert into vault.secrets values ($1, $2)';
`;

test("every statement of SQL runs, those in the midst of a sentence too", async () => {
  const { embedded } = world;
  await embedded.exec(EXTENSIONS);
  await migrate(embedded);
  const statements = PAGES.flatMap((page) => statementsOf(page).map((sql) => ({ page, sql })));
  const failed: string[] = [];
  for (const { page, sql } of statements.filter(({ sql }) => !NO_SQL.some(([pattern]) => pattern.test(sql)))) {
    await embedded.exec(`set search_path = ${page === "docs/postgres.md" ? "barfill, public" : "public"}`);
    await embedded.exec(sql).catch((error: Error) => failed.push(`${page}: ${error.message}: ${sql}`));
  }
  expect(failed).toEqual([]);
  expect(statements.length).toBeGreaterThanOrEqual(10);
  const { rows } = await embedded.query("select name from vault.secrets");
  expect(rows).toEqual([{ name: "barfill_url" }, { name: "barfill_secret" }]);
});

/** Blocks, and what stands between backticks and begins as a statement does; a page's in its order. */
function statementsOf(page: string): string[] {
  const text = readFileSync(`${ROOT}${page}`, "utf8");
  const STATEMENT =
    /^ *```sql\n(?<block>[\s\S]*?)^ *```$|`(?<inline>(?:select|update|alter|insert|delete from) [^`]{20,}?)`/gm;
  return [...text.matchAll(STATEMENT)].map(({ groups = {} }) => groups["block"] ?? groups["inline"] ?? "");
}
