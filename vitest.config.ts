import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^barfill$/, replacement: source("index.ts") },
      { find: /^barfill\/testing$/, replacement: source("testing/index.ts") },
      { find: /^barfill\/(.+)$/, replacement: source("adapters/$1/index.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
  },
});
