import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** What takes minutes runs by itself: npm run test:long, test:kill, test:chaos. */
const SUITES: Readonly<Record<string, string>> = { long: "test/long/**/*.test.ts", chaos: "test/chaos/**/*.test.ts" };
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
    include: [(suite && SUITES[suite]) || "test/**/*.test.ts"],
    exclude: suite ? [] : Object.values(SUITES),
    globalSetup: ["test/support/postgres-server.ts"],
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
