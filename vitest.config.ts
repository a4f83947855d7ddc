import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const suite = process.env["BARFILL_SUITE"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^barfill$/, replacement: source("index.ts") },
      { find: /^barfill\/testing$/, replacement: source("testing/index.ts") },
      { find: /^barfill\/(.+)$/, replacement: source("adapters/$1/index.ts") },
    ],
  },
  test: {
    // What takes minutes, or more than Node, runs by itself: npm run test:long, npm run test:package.
    include: [suite === undefined ? "test/**/*.test.ts" : `test/${suite}/**/*.test.ts`],
    exclude: suite === undefined ? ["test/long/**", "test/package/**"] : [],
    globalSetup: ["test/support/postgres-server.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
