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
    // What takes minutes runs by itself: npm run test:long.
    include: [process.env["BARFILL_LONG"] ? "test/long/**/*.test.ts" : "test/**/*.test.ts"],
    exclude: process.env["BARFILL_LONG"] ? [] : ["test/long/**"],
    globalSetup: ["test/support/postgres-server.ts", "test/support/built-command.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
