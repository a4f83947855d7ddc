import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type InstalledPackage, installPackage, manifest } from "./installed.ts";

const MINUTES = 60_000;
const SMOKE = readFileSync(new URL("smoke.mjs", import.meta.url), "utf8");
const TSC = new URL("../../node_modules/typescript/bin/tsc", import.meta.url).pathname;
const DENO = new URL("../../node_modules/.bin/deno", import.meta.url).pathname;

/** Every runtime by the command that runs a file of the project on it. */
const RUNTIMES: Readonly<Record<string, readonly string[]>> = {
  "this Node": [process.execPath],
  "Node 22": ["npx", "--yes", "--package=node@22", "node"],
  "Node 24": ["npx", "--yes", "--package=node@24", "node"],
  "Node 26": ["npx", "--yes", "--package=node@26", "node"],
  Deno: [DENO, "run", "--allow-all", "--no-config", "--node-modules-dir=manual"],
  Bun: ["npx", "--yes", "--package=bun", "bun", "run"],
};

let installed: InstalledPackage;
beforeAll(() => {
  installed = installPackage();
  const imports = installed.entries.map((entry) => `import ${JSON.stringify(entry)};\n`).join("");
  installed.write("smoke.mjs", `${imports}${SMOKE}`);
}, 2 * MINUTES);
afterAll(() => installed?.remove());

const [command = "", ...args] = RUNTIMES["this Node"] ?? [];

test("it brings no peer along and runs no script when it is installed", () => {
  const { peerDependencies, scripts } = manifest();
  for (const peer of Object.keys(peerDependencies)) {
    expect(existsSync(join(installed.folder, "node_modules", peer)), peer).toBe(false);
  }
  expect(Object.keys(scripts)).not.toContain("preinstall");
  expect(Object.keys(scripts)).not.toContain("install");
  expect(Object.keys(scripts)).not.toContain("postinstall");
});

test("the page that its help names is there", () => {
  const help = installed.run(command, "node_modules/barfill/dist/cli.js", "--help");
  const [page = "none"] = /node_modules\/barfill\/docs\/\S+\.md/.exec(help) ?? [];
  expect(readFileSync(join(installed.folder, page), "utf8")).toContain("requestsPerMinute");
});

describe.each(Object.entries(RUNTIMES))("on %s", (_, [program = "", ...flags]) => {
  test(
    "every entry is imported, and a backfill ends with every bar",
    () => {
      expect(JSON.parse(installed.run(program, ...flags, "smoke.mjs"))).toEqual({ complete: true, bars: 504 });
    },
    2 * MINUTES,
  );
});

test("CommonJS requires every entry", () => {
  for (const entry of installed.entries) {
    installed.write("require.cjs", `console.log(Object.keys(require(${JSON.stringify(entry)})).length)`);
    expect(Number(installed.run(command, ...args, "require.cjs")), entry).toBeGreaterThan(0);
  }
});

describe.each([
  { module: "nodenext", moduleResolution: "nodenext" },
  { module: "esnext", moduleResolution: "bundler" },
])("TypeScript with $moduleResolution", (options) => {
  test(
    "finds the types of every entry, without those of the peers and of Node",
    () => {
      const compilerOptions = {
        ...options,
        target: "es2022",
        strict: true,
        noEmit: true,
        types: [],
        skipLibCheck: true,
      };
      installed.write("tsconfig.json", JSON.stringify({ compilerOptions, files: ["typed.ts"] }));
      installed.write("typed.ts", typed(installed.entries));
      expect(compile()).toBe("");
      installed.write("typed.ts", `${typed(installed.entries)}createBackfill({ source: 1 });\n`);
      expect(compile()).toMatch(/TS2322|TS2345/);
    },
    2 * MINUTES,
  );
});

/** A type that could not be found would be `any`, to which 1 may be assigned. */
function typed(entries: readonly string[]): string {
  return `import { createBackfill } from "barfill";
${entries.map((entry, at) => `import * as entry${at} from ${JSON.stringify(entry)};`).join("\n")}
type IsAny<T> = 0 extends 1 & T ? true : false;
type NoneIsAny<T> = true extends { [K in keyof T]: IsAny<T[K]> }[keyof T] ? false : true;
${entries.map((_, at) => `export const checked${at}: NoneIsAny<typeof entry${at}> = true;`).join("\n")}
export const backfill: typeof createBackfill = createBackfill;
`;
}

/** What the compiler complains of; empty when nothing. */
function compile(): string {
  try {
    return installed.run(process.execPath, TSC, "-p", "tsconfig.json");
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
