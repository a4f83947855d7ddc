import { defineConfig } from "tsup";

// One public entry, one folder. The keys are the file names that package.json exports.
const library = {
  index: "src/index.ts",
  alpaca: "src/adapters/alpaca/index.ts",
  memory: "src/adapters/memory/index.ts",
  edge: "src/edge/index.ts",
  postgres: "src/adapters/postgres/index.ts",
  supabase: "src/adapters/supabase/index.ts",
  testing: "src/testing/index.ts",
};

export default defineConfig({
  entry: { ...library, cli: "src/cli/main.ts" },
  format: "esm",
  target: "es2022",
  platform: "neutral",
  external: [/^node:/],
  // Nobody imports the command.
  dts: { entry: library },
  splitting: true,
  clean: true,
  treeshake: true,
});
