// What the docs tell people to type: each line is run here, or somewhere else that is named, or
// stands below with the reason why not. A new one that is none of these fails.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { memoryQueue, memoryStore } from "../../src/adapters/memory/index.ts";
import { fetchBars, fetchBarsBatch, orchestrator } from "../../src/edge/index.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { command, freshFolder, startCommand } from "../support/command.ts";
import { openServer } from "../support/postgres.ts";
import { serve } from "../support/supabase.ts";
import { codeBlocks, type Fence, fences } from "./code-blocks.ts";
import { ROOT } from "./pages.ts";
import { blocksOf } from "./shown.ts";

const SUPABASE = "examples/supabase/README.md";
const blocks = fences();
const shell = blocks.filter(({ language }) => language === "sh");
const CRON = /^0 4 \* \* \* +cd \S+ && npx barfill (.*) >> \S+$/;

/** Lines of shell that nothing here runs. */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^git clone <this repository>/, "nobody knows where it is published; .ci/run begins in a clone"],
  [/^npm ci && npm start$/, ".ci/run installs; test/package/readme.test.ts starts, and compares"],
  [/^npm install barfill\b/, "the packed package is installed by test/package"],
  [/^npm run test:package$/, ".ci/run runs its suite once the package is built"],
  [/^npm run test:versions -- 14$|^npm run test:versions$/, ".ci/run has the oldest; the others come over the network"],
  [/^npm run simulate -- --seeds 50000/, "twenty minutes; npm test runs 2,000 seeds, .ci/run the one of --trace"],
  [/^\.ci\/run$/, "runs all of this"],
];

const ci = readFileSync(join(ROOT, ".ci/run"), "utf8");

test("every line of shell is run", () => {
  const runHere = /^npx barfill (--help|simulate|migrations --supabase supabase\/migrations)$/;
  const lines = shell
    .filter(({ page }) => page !== SUPABASE)
    .flatMap(({ page, text }) =>
      text
        .trim()
        .split("\n")
        .map((line) => ({ page, line: line.replace(/ +# .*$/, "") })),
    );
  const unrun = lines.filter(({ line }) => {
    if (runHere.test(line) || ELSEWHERE.some(([pattern]) => pattern.test(line))) return false;
    return !(/^npm /.test(line) && ci.includes(line.replace(/ --? .*$/, "")));
  });
  expect(lines.length).toBeGreaterThan(20);
  expect(unrun).toEqual([]);
});

test("every other block is of a kind that is run or read somewhere", () => {
  const printed = codeBlocks().flatMap(({ runs, prints }) => (runs && prints !== undefined ? [prints] : []));
  const known = ({ page, language, first, text }: Fence): boolean => {
    if (language === "ts" || language === "sh" || language === "sql") return true; // here and in every-block.test.ts
    if (language === "console") return ["README.md", "docs/cli.md"].includes(page); // package/readme, cli/docs.test.ts
    if (language === "json") return page === "docs/cli.md"; // cli/docs.test.ts
    // What a block prints, what npm start prints (package/readme.test.ts), and a drawing.
    return (
      printed.includes(text) || CRON.test(first) || first.startsWith("batch ") || first.startsWith("request ─zod→")
    );
  };
  expect(blocks.filter((block) => !known(block))).toEqual([]);
});

test("the command's lines end well, the one for cron with jobs of the config on that page", async () => {
  const cwd = await freshFolder();
  expect((await command(["--help"])).code).toBe(0);
  mkdirSync(join(cwd, "supabase"));
  expect((await command(["migrations", "--supabase", "supabase/migrations"], { cwd })).code).toBe(0);
  expect(existsSync(join(cwd, "supabase/migrations"))).toBe(true);

  const simulator = startCommand(["simulate", "--port", "0", "--json"]);
  const url = await new Promise<string>((resolve) => {
    simulator.child.stdout?.once("data", (line: string) => resolve(JSON.parse(line).url));
  });
  const database = await openServer();
  const page = readFileSync(join(ROOT, "docs/cli.md"), "utf8");
  writeFileSync(join(cwd, "barfill.config.json"), blocksOf(page, "json")[1] ?? "");
  writeFileSync(join(cwd, "symbols.txt"), "SPY\n");
  const env = { BARFILL_BASE_URL: url, BARFILL_REQUESTS_PER_MINUTE: "10000" };
  writeFileSync(join(cwd, ".env"), `DATABASE_URL=${database.url}\n`);
  const typed = blocks.map(({ first }) => CRON.exec(first)?.[1]).find((words) => words !== undefined);
  expect((await command(["migrate", "--env", ".env"], { env, cwd })).code).toBe(0);
  expect((await command(["jobs", "save", "--env", ".env"], { env, cwd })).code).toBe(0);
  const night = await command(typed?.split(" ") ?? [], { env, cwd });
  expect(night, night.stderr).toMatchObject({ code: 0 });
  expect(night.json()).toMatchObject({ complete: true });
  await database.close();
});

test("the steps of the deployment: the secret is made, and each function says how it is", async () => {
  const [secrets, health, ...rest] = shell.filter(({ page }) => page === SUPABASE);
  expect(rest).toEqual([]);
  // The Supabase CLI wants a project. Here it says what it was told.
  const told = execFileSync("bash", ["-euc", `supabase() { printf '%s\\n' "$@"; }\n${secrets?.text}`], {
    encoding: "utf8",
  });
  expect(told).toMatch(/^([\da-f]{64})\nsecrets\nset\nALPACA_KEY_ID=…\nALPACA_SECRET_KEY=…\nBARFILL_SECRET=\1\n$/);

  const { fetch } = alpacaSimulator({ market: syntheticMarket() });
  const options = {
    env: { BARFILL_SECRET: "between us" },
    needs: [],
    keys: ["BARFILL_SECRET"],
    connect: () => ({
      backfill: {
        source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch }),
        store: memoryStore(),
        queue: memoryQueue(),
      },
      jobs: async () => [],
    }),
  };
  const named = {
    orchestrator: orchestrator(options),
    "fetch-bars-batch": fetchBarsBatch(options),
    "fetch-bars": fetchBars(options),
  };
  const server = await serve((request) => {
    const name = new URL(request.url).pathname.split("/").at(-1) as keyof typeof named;
    return named[name](request);
  });
  const script = health?.text.replace("https://<project>.supabase.co", server.url) ?? "";
  const { stdout: printed } = await promisify(execFile)("bash", ["-uc", script], {
    env: { ...process.env, BARFILL_SECRET: "between us" },
  });
  const [first, ...others] = printed.trim().split("\n");
  expect(`# ${first}`).toBe(health?.text.trim().split("\n").at(-1));
  expect(others.map((line) => JSON.parse(line))).toMatchObject([
    { function: "fetch-bars-batch", ok: true },
    { function: "fetch-bars", ok: true },
  ]);
  await server.close();
});
