import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { FUNCTIONS } from "./deno-functions.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Bundles the functions of examples/supabase, and `others` by name, into `folder`, minified: a file each, and the
 * chunks that they load.
 */
export async function bundleFunctions(folder: string, others: Readonly<Record<string, string>> = {}) {
  const functions = FUNCTIONS.map((name) => [
    name,
    join(ROOT, `examples/supabase/supabase/functions/${name}/index.ts`),
  ]);
  const entry: Record<string, string> = { ...Object.fromEntries(functions), ...others };
  await build({
    config: false,
    entry,
    outDir: folder,
    format: "esm",
    target: "es2022",
    platform: "neutral",
    noExternal: [/.*/],
    // As on the platform: what is imported by a call is loaded by the call.
    splitting: true,
    treeshake: false,
    minify: true,
    metafile: true,
    silent: true,
    esbuildOptions(options) {
      options.mainFields = ["module", "main"];
      options.conditions = ["deno", "import", "default"];
    },
  });
  const { outputs } = JSON.parse(readFileSync(join(folder, "metafile-esm.json"), "utf8")) as Metafile;
  return Object.keys(entry).map((name) => {
    const files = reachable(outputs, `/${name}.js`);
    return {
      name,
      bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      /** What is imported and not in it. */
      outside: files.flatMap(({ imports }) => imports.flatMap(({ path, external }) => (external ? [path] : []))),
      parts: partsOf(files.map(({ inputs }) => inputs)),
    };
  });
}

interface Output {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly external?: boolean }[];
  readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>;
}

interface Metafile {
  readonly outputs: Readonly<Record<string, Output>>;
}

/** The output that ends in `entry`, and all that it loads, at once or later. */
function reachable(outputs: Metafile["outputs"], entry: string): Output[] {
  const files = Object.keys(outputs).filter((file) => file.endsWith(entry));
  for (const file of files) {
    for (const { path } of outputs[file]?.imports ?? []) if (path in outputs && !files.includes(path)) files.push(path);
  }
  return files.flatMap((file) => outputs[file] ?? []);
}

/** Bytes by npm package, barfill's own under `barfill`. */
function partsOf(inputs: readonly Output["inputs"][]): Record<string, number> {
  const parts: Record<string, number> = {};
  for (const [file, { bytesInOutput }] of inputs.flatMap((of) => Object.entries(of))) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "barfill";
    parts[name] = (parts[name] ?? 0) + bytesInOutput;
  }
  return parts;
}
