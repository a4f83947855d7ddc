import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { manifest } from "./installed.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * KB, gzipped and not minified, of what barfill itself brings with an entry: its file and all that it imports at once.
 */
const BUDGET_KB: Readonly<Record<string, number>> = {
  ".": 45,
  "./alpaca": 12,
  "./memory": 9,
  "./postgres": 38,
  "./supabase": 32,
  "./edge": 5,
  "./testing": 44,
};

test("every entry keeps to its budget", () => {
  const entries = Object.entries(manifest().exports).filter(([path]) => !path.endsWith(".json"));
  expect(entries.map(([path]) => path).sort()).toEqual(Object.keys(BUDGET_KB).sort());
  const sizes = entries.map(([path, target]) => {
    const files = withImports(join(ROOT, (target as { default: string }).default));
    const text = [...files].map((file) => readFileSync(file, "utf8")).join("");
    return { path, kb: gzipSync(text).length / 1024 };
  });
  console.log(sizes.map(({ path, kb }) => `${path} ${kb.toFixed(1)} KB of ${BUDGET_KB[path]}`).join("\n"));
  expect(sizes.filter(({ path, kb }) => kb > (BUDGET_KB[path] ?? 0))).toEqual([]);
});

/** `file` and what it imports when it is loaded, from barfill's own files. */
function withImports(file: string, found = new Set<string>()): ReadonlySet<string> {
  if (found.has(file) || !existsSync(file)) return found;
  found.add(file);
  for (const [, path = ""] of readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;]*?["'](\.[^"']+)["'];/gm)) {
    withImports(join(dirname(file), path), found);
  }
  return found;
}
