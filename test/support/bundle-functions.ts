import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "tsup";
import { FUNCTIONS } from "./deno-functions.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Bundles the functions of examples/supabase, and `others` by name, into `folder`: a file each, all in it, minified. */
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
    splitting: false,
    treeshake: false,
    minify: true,
    metafile: true,
    silent: true,
    esbuildOptions(options) {
      options.mainFields = ["module", "main"];
      options.conditions = ["deno", "import", "default"];
    },
  });
  const { outputs } = JSON.parse(readFileSync(join(folder, "metafile-esm.json"), "utf8")) as {
    outputs: Record<
      string,
      {
        bytes: number;
        entryPoint?: string;
        imports: { path: string }[];
        inputs: Record<string, { bytesInOutput: number }>;
      }
    >;
  };
  return Object.keys(entry).map((name) => {
    const [, output] = Object.entries(outputs).find(([file]) => file.endsWith(`/${name}.js`)) ?? [];
    if (output === undefined) throw new Error(`no bundle of ${name}`);
    return {
      name,
      file: join(folder, `${name}.js`),
      bytes: output.bytes,
      imports: output.imports.map(({ path }) => path),
      parts: partsOf(output.inputs),
    };
  });
}

/** Bytes by npm package, barfill's own under `barfill`. */
function partsOf(inputs: Readonly<Record<string, { readonly bytesInOutput: number }>>): Record<string, number> {
  const parts: Record<string, number> = {};
  for (const [file, { bytesInOutput }] of Object.entries(inputs)) {
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? "barfill";
    parts[name] = (parts[name] ?? 0) + bytesInOutput;
  }
  return parts;
}
