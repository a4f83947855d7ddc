import { defineConfig } from "tsup";

export default defineConfig({
  // One public entry, one folder. The keys are the file names that package.json exports.
  entry: {
    index: "src/index.ts",
    alpaca: "src/adapters/alpaca/index.ts",
    memory: "src/adapters/memory/index.ts",
    postgres: "src/adapters/postgres/index.ts",
    edge: "src/edge/index.ts",
    supabase: "src/adapters/supabase/index.ts",
    testing: "src/testing/index.ts",
    cli: "src/cli/main.ts",
  },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/],
  dts: true,
  splitting: true,
  clean: true,
  treeshake: true,
});
