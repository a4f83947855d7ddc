import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { codeBlocks } from "./code-blocks.ts";
import { ROOT } from "./pages.ts";

const blocks = codeBlocks();

test("every block of TypeScript in the docs compiles", () => {
  const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = new Map(blocks.map(({ code }, at) => [`${ROOT}docs/block-${at}.ts`, `${code}\nexport {};\n`]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const code = files.get(name);
    return code === undefined ? getSourceFile(name, ...rest) : ts.createSourceFile(name, code, ts.ScriptTarget.ES2022);
  };
  // What is shown need not be used, and may read the environment as people do.
  const lenient = { noUnusedLocals: false, noUnusedParameters: false, noPropertyAccessFromIndexSignature: false };
  const program = ts.createProgram([...files.keys()], { ...options, ...lenient }, host);
  const problems = [...files.keys()].flatMap((name, at) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => `${blocks[at]?.at}: ${ts.flattenDiagnosticMessageText(messageText, "\n")}`,
    );
  });
  expect(problems).toEqual([]);
});

describe.each(blocks.filter(({ runs }) => runs))("the block at $at", ({ code, prints }) => {
  test("prints what the page says", () => {
    // Beside package.json, so that `barfill` is what stands here; what it writes it writes elsewhere.
    const file = `${ROOT}.block-${Math.random().toString(36).slice(2)}.ts`;
    const cwd = mkdtempSync(join(tmpdir(), "barfill-block-"));
    writeFileSync(file, code);
    try {
      const run = ["--tsconfig", `${ROOT}tsconfig.json`, file];
      const printed = execFileSync(`${ROOT}node_modules/.bin/tsx`, run, { cwd, encoding: "utf8", stdio: "pipe" });
      if (prints !== undefined) expect(printed).toBe(prints);
    } finally {
      rmSync(file);
      rmSync(cwd, { recursive: true });
    }
  });
});
