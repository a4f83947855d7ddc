// The three functions of examples/supabase under Deno, against the smallest function that imports supabase-js alone.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleFunctions } from "../test/support/bundle-functions.ts";
import { denoPath } from "../test/support/deno-functions.ts";

const ROUNDS = Number(process.env["BENCH_ROUNDS"] ?? 15);
const RIVAL = "supabase-js-alone";

/** From the first import to the first answer, in a fresh process. */
const COLD = `
const started = performance.now();
await import("./" + Deno.args[0] + ".js");
const response = await fetch("http://127.0.0.1:" + Deno.args[1] + "/?action=health");
await response.text();
console.log(performance.now() - started);
Deno.exit(0);
`;

export async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "barfill-edge-bench-"));
  try {
    const rival = fileURLToPath(new URL("support/supabase-js-alone.ts", import.meta.url));
    const bundles = await bundleFunctions(folder, { [RIVAL]: rival });
    writeFileSync(join(folder, "cold.js"), COLD);
    const times = new Map<string, number[]>(bundles.map(({ name }) => [name, []]));
    // A round warms the file cache; in every other one each takes its turn, so that all see the same machine.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { name } of bundles) {
        const ms = coldStart(folder, name);
        if (round > 0) times.get(name)?.push(ms);
      }
    }
    const rows = bundles.map(({ name, bytes, parts }) => ({ name, bytes, parts, ms: median(times.get(name) ?? []) }));
    const base = rows.find(({ name }) => name === RIVAL);
    if (base === undefined) throw new Error("the rival is missing");
    console.log("function            import to first answer      bundle");
    for (const { name, ms, bytes } of rows) {
      console.log(
        `${name.padEnd(18)} ${ms.toFixed(1).padStart(7)} ms (${(ms / base.ms).toFixed(2)} x)` +
          `${(bytes / 1000).toFixed(0).padStart(9)} KB (${(bytes / base.bytes).toFixed(2)} x)`,
      );
    }
    const largest = rows.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const shares = Object.entries(largest.parts).sort(([, a], [, b]) => b - a);
    console.log(
      `${largest.name}: ${shares
        .slice(0, 8)
        .map(([part, bytes]) => `${part} ${(bytes / 1000).toFixed(0)} KB`)
        .join(", ")}`,
    );
    for (const { name, ms, bytes } of rows) {
      if (name === RIVAL) continue;
      console.log(`figure edge-cold-start-${name}-vs-supabase-js ${(base.ms / ms).toFixed(3)}`);
      console.log(`figure edge-bundle-${name}-vs-supabase-js ${(base.bytes / bytes).toFixed(3)}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let port = 20_000 + (process.pid % 20_000);

function coldStart(folder: string, name: string): number {
  const args = [
    "run",
    "--cached-only",
    "--no-lock",
    "--no-check",
    "--no-config",
    "-A",
    "cold.js",
    name,
    String(++port),
  ];
  const { stdout, stderr } = spawnSync(denoPath(), args, {
    cwd: folder,
    encoding: "utf8",
    env: { DENO_DIR: join(folder, "deno"), DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, NO_COLOR: "1" },
  });
  const ms = Number(stdout.trim().split("\n").at(-1));
  if (!(ms > 0)) throw new Error(`${name} did not start: ${stderr}`);
  return ms;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
