// README.md, followed to the letter by somebody who has Node and nothing else.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { blocksOf, patternOf, shownIn } from "../docs/shown.ts";
import { type InstalledPackage, installPackage, manifest } from "./installed.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");
const MINUTES = 60_000;
const BARFILL_LINES = /^(git clone|npm ci|npm start|npm test|npm install|npx barfill|export )/;

let installed: InstalledPackage;
beforeAll(() => {
  installed = installPackage();
}, 2 * MINUTES);
afterAll(() => installed?.remove());

test("it shows no command that is unknown here", () => {
  const lines = [...blocksOf(README, "sh").join("").trim().split("\n"), ...typedLines()];
  expect(lines.filter((line) => !BARFILL_LINES.test(line))).toEqual([]);
});

test(
  "npm start prints what it shows, in a folder where it never ran",
  () => {
    const folder = mkdtempSync(join(tmpdir(), "barfill-start-"));
    const script = "examples/start.ts";
    expect(manifest().scripts["start"]).toBe(`tsx ${script}`);
    const start = ["--tsconfig", join(ROOT, "tsconfig.json"), join(ROOT, script)];
    try {
      const printed = execFileSync(join(ROOT, "node_modules/.bin/tsx"), start, { cwd: folder, encoding: "utf8" });
      const [shown = ""] = blocksOf(README, "text");
      expect(withoutNumbers(printed)).toContain(withoutNumbers(shown));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  2 * MINUTES,
);

test(
  "the session with the command prints what it shows",
  async () => {
    const [session = ""] = blocksOf(README, "console");
    const shown = shownIn(session);
    const answers = await typeAll(shown.map(({ typed }) => typed));
    expect(answers).toHaveLength(shown.length);
    for (const [at, { typed, answer }] of shown.entries()) expect(answers[at], typed).toMatch(patternOf(answer));
  },
  3 * MINUTES,
);

function typedLines(): string[] {
  return blocksOf(README, "console").flatMap((block) => shownIn(block).map(({ typed }) => typed));
}

/** What each line prints in one shell, in the project that has the package; what is in the background is ended. */
async function typeAll(lines: readonly string[]): Promise<string[]> {
  const END = "--- that was all of it ---";
  const script = lines.flatMap((line) => [
    // The package that is packed here, not one that is published.
    line.replace(/^npm install barfill\b/, "npm install --no-audit --no-fund ./barfill-*.tgz"),
    ...(line.endsWith("&") ? ["until (exec 3<>/dev/tcp/127.0.0.1/8765) 2> /dev/null; do sleep 0.1; done"] : []),
    `echo '${END}'`,
  ]);
  const { BARFILL_BASE_URL: _, DATABASE_URL: __, ...env } = process.env;
  const shell = spawn("bash", ["-c", script.join("\n")], {
    cwd: installed.folder,
    env: { ...env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "ignore"],
    // A group of its own, to be ended as a whole.
    detached: true,
  });
  let printed = "";
  shell.stdout.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  try {
    await once(shell, "exit");
  } finally {
    if (shell.pid !== undefined) process.kill(-shell.pid);
  }
  return printed
    .split(`${END}\n`)
    .slice(0, -1)
    .map((answer) => answer.trimEnd());
}

/** Days and machines differ in numbers, and the width of a column with them. */
function withoutNumbers(text: string): string {
  return text
    .replace(/\d[\d,.]*/g, "#")
    .replace(/-+/g, "-")
    .replace(/ +/g, " ");
}
