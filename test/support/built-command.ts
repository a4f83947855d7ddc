import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** The built command, as it is published; empty when no chosen test asks for it. */
    commandPath: string;
  }
}

/** Builds the command once a run, when a chosen test file calls it; no earlier build is needed, and none is touched. */
export async function setup(project: TestProject): Promise<(() => void) | undefined> {
  const wanted = project.vitest.state
    .getPaths()
    .some((file) => readFileSync(file, "utf8").includes("support/command.ts"));
  if (!wanted) {
    project.provide("commandPath", "");
    return;
  }
  // Inside of the project, so that it finds the packages that it needs.
  const cache = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "barfill-command-"));
  await build({ entry: { cli: "src/cli/main.ts" }, outDir: folder, dts: false, clean: false, silent: true });
  project.provide("commandPath", join(folder, "cli.js"));
  return () => rmSync(folder, { recursive: true, force: true });
}
