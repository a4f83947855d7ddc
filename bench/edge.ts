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

/**
 * In a fresh process: from the first import to the first answer, and to the first answer that takes all the parts, with
 * a database and a source that refuse the connection.
 */
const COLD = `
const started = performance.now();
await import("./" + Deno.args[0] + ".js");
const url = "http://127.0.0.1:" + Deno.args[1] + "/?action=health";
await (await fetch(url)).text();
const first = performance.now() - started;
await (await fetch(url, { headers: { authorization: "Bearer benchmark-key" } })).text();
console.log(JSON.stringify({ first, loaded: performance.now() - started }));
Deno.exit(0);
`;
const NOWHERE = "http://127.0.0.1:9";
const SETTINGS = {
  SUPABASE_URL: NOWHERE,
  SUPABASE_SERVICE_ROLE_KEY: "benchmark-key",
  ALPACA_KEY_ID: "key",
  ALPACA_SECRET_KEY: "secret",
  ALPACA_BASE_URL: NOWHERE,
};

interface ColdStart {
  readonly first: number;
  readonly loaded: number;
}

export async function bench(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "barfill-edge-bench-"));
  try {
    const rival = fileURLToPath(new URL("support/supabase-js-alone.ts", import.meta.url));
    const bundles = await bundleFunctions(folder, { [RIVAL]: rival });
    writeFileSync(join(folder, "cold.js"), COLD);
    const starts = new Map<string, ColdStart[]>(bundles.map(({ name }) => [name, []]));
    // A round warms the file cache; in every other one each takes its turn, so that all see the same machine.
    for (let round = 0; round <= ROUNDS; round++) {
      for (const { name } of bundles) {
        const start = coldStart(folder, name);
        if (round > 0) starts.get(name)?.push(start);
      }
    }
    const rows = bundles.map(({ name, ...bundle }) => {
      const all = starts.get(name) ?? [];
      const first = median(all.map((start) => start.first));
      return { ...bundle, name, first, loaded: median(all.map((start) => start.loaded)) };
    });
    print(rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Row extends ColdStart {
  readonly name: string;
  readonly bytes: number;
  readonly parts: Readonly<Record<string, number>>;
}

function print(rows: readonly Row[]): void {
  const base = rows.find(({ name }) => name === RIVAL);
  if (base === undefined) throw new Error("the rival is missing");
  const cell = (value: number, unit: string, of: number) =>
    `${value.toFixed(0)} ${unit} (${(value / of).toFixed(2)} x)`.padEnd(20);
  console.log(`${"".padEnd(20)}${"first answer".padEnd(20)}${"all parts loaded".padEnd(20)}bundle`);
  for (const { name, first, loaded, bytes } of rows) {
    const times = cell(first, "ms", base.first) + cell(loaded, "ms", base.loaded);
    console.log(name.padEnd(20) + times + cell(bytes / 1000, "KB", base.bytes / 1000));
  }
  const largest = rows.reduce((a, b) => (b.bytes > a.bytes ? b : a));
  const parts = Object.entries(largest.parts).sort(([, a], [, b]) => b - a);
  const shares = parts.slice(0, 8).map(([part, bytes]) => `${part} ${(bytes / 1000).toFixed(0)} KB`);
  console.log(`${largest.name}: ${shares.join(", ")}`);
  for (const { name, first, loaded, bytes } of rows) {
    if (name === RIVAL) continue;
    console.log(`figure edge-cold-start-${name}-vs-supabase-js ${(base.first / first).toFixed(3)}`);
    console.log(`figure edge-loaded-${name}-vs-supabase-js ${(base.loaded / loaded).toFixed(3)}`);
    console.log(`figure edge-bundle-${name}-vs-supabase-js ${(base.bytes / bytes).toFixed(3)}`);
  }
}

let port = 20_000 + (process.pid % 20_000);

const RUN = ["run", "--cached-only", "--no-lock", "--no-check", "--no-config", "-A", "cold.js"];

function coldStart(folder: string, name: string): ColdStart {
  const { stdout, stderr } = spawnSync(denoPath(), [...RUN, name, String(++port)], {
    cwd: folder,
    encoding: "utf8",
    env: { ...SETTINGS, DENO_DIR: join(folder, "deno"), DENO_SERVE_ADDRESS: `tcp:127.0.0.1:${port}`, NO_COLOR: "1" },
  });
  const line = stdout.trim().split("\n").at(-1) ?? "";
  if (!line.startsWith("{")) throw new Error(`${name} did not start: ${stderr}`);
  return JSON.parse(line) as ColdStart;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
