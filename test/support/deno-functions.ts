import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import packaging from "../../tsup.config.ts";

export const FUNCTIONS = ["orchestrator", "fetch-bars-batch", "fetch-bars"] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The functions of examples/supabase on the built package, as they are deployed, and a Deno that runs them. */
export interface DenoFunctions {
  /** Resolves when the function listens. `env` is all of its environment. */
  start(name: FunctionName, env: Readonly<Record<string, string>>): Promise<RunningFunction>;
  /** Ends what still runs, and removes the files. */
  close(): Promise<void>;
}

export interface RunningFunction {
  readonly url: string;
  /** What it wrote, by line. */
  readonly lines: readonly string[];
  /** Ends it as the platform does, without a word. */
  kill(): Promise<void>;
}

/** Builds the package into a folder of its own; nothing comes over the network. */
export async function denoFunctions(): Promise<DenoFunctions> {
  const folder = mkdtempSync(join(tmpdir(), "barfill-deno-"));
  await build({ ...packaging, config: false, dts: false, silent: true, outDir: join(folder, "dist") });
  cpSync(join(ROOT, "examples/supabase/supabase/functions"), join(folder, "functions"), { recursive: true });
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  const imports = Object.fromEntries(
    ["barfill", "barfill/alpaca", "barfill/edge", "barfill/supabase"].map((entry) => {
      const file = entry === "barfill" ? "index" : entry.slice("barfill/".length);
      return [entry, `../dist/${file}.js`];
    }),
  );
  imports["@supabase/supabase-js"] = "npm:@supabase/supabase-js@2";
  writeFileSync(join(folder, "functions/deno.json"), JSON.stringify({ nodeModulesDir: "manual", imports }));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');

  const running = new Set<RunningFunction>();
  return {
    async start(name, env) {
      const one = await run(folder, `functions/${name}/index.ts`, env);
      running.add(one);
      return one;
    },
    async close() {
      await Promise.all([...running].map((one) => one.kill()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Of the npm package: its own command would outlive a kill. */
export function denoPath(): string {
  const { runInstall } = createRequire(import.meta.url)("deno/install_api.cjs") as { runInstall(): string };
  return runInstall();
}

const RUN = ["run", "--cached-only", "--no-lock", "--no-check", "--allow-net", "--allow-env", "--allow-read"];

async function run(folder: string, file: string, env: Readonly<Record<string, string>>): Promise<RunningFunction> {
  const child = spawn(denoPath(), [...RUN, "--config", "functions/deno.json", file], {
    cwd: folder,
    // Where it listens and where it keeps its files; nothing else comes from this process.
    env: { DENO_SERVE_ADDRESS: "tcp:127.0.0.1:0", DENO_DIR: join(folder, "deno"), NO_COLOR: "1", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const exited = once(child, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      let rest = "";
      stream.setEncoding("utf8").on("data", (text: string) => {
        const parts = (rest + text).split("\n");
        rest = parts.pop() ?? "";
        lines.push(...parts);
        const listening = /^Listening on (http:\S+)\/$/.exec(parts.find((line) => line.startsWith("Listening")) ?? "");
        if (listening?.[1] !== undefined) resolve(listening[1]);
      });
    }
    exited.then(([code]) => reject(new Error(`${file} ended with ${code}:\n${lines.join("\n")}`)), reject);
  });
  return {
    url,
    lines,
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
  };
}
