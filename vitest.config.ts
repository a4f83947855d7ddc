import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

/** Folders of what takes minutes, or more than Node: each has a command of its own, such as `npm run test:long`. */
const SUITES = ["long", "chaos", "package"];
const suite = process.env["BARFILL_SUITE"];

export default defineConfig({
  resolve: {
    alias: [
      { find: /^barfill$/, replacement: source("index.ts") },
      { find: /^barfill\/edge$/, replacement: source("edge/index.ts") },
      { find: /^barfill\/testing$/, replacement: source("testing/index.ts") },
      { find: /^barfill\/(.+)$/, replacement: source("adapters/$1/index.ts") },
    ],
  },
  test: {
    include: [suite === undefined ? "test/**/*.test.ts" : `test/${suite}/**/*.test.ts`],
    exclude: suite === undefined ? SUITES.map((folder) => `test/${folder}/**`) : [],
    setupFiles: ["test/support/property-seed.ts"],
    globalSetup: ["test/support/postgres-server.ts", "test/support/built-command.ts"],
    // Files share a worker and its modules: a third of a second of CPU less each. Nothing here is global.
    isolate: false,
    // By default one core is left idle, of two.
    maxWorkers: "100%",
    // These end what hangs. On a machine that others use too, a test of seven seconds has taken 34.
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
