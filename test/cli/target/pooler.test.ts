// What stands between the command and a postgres server, told from the outside. PgBouncer itself where it is installed.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { arrivalsOf } from "../../../src/cli/target/arrivals.ts";
import { poolerMode } from "../../../src/cli/target/pooler.ts";
import { freshFolder } from "../../support/command.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { freePort } from "../../support/postgres-server.ts";

const PGBOUNCER = ["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer"].find((path) => existsSync(path));
if (PGBOUNCER === undefined)
  process.stdout.write("SKIPPED: the pooler's modes need pgbouncer, which is not installed\n");

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

test("no pooler", async () => {
  expect(await poolerMode(database.url)).toBe("none");
  expect(await arrivalsAt(database.url)).toBeDefined();
});

test.skipIf(PGBOUNCER === undefined).each(["session", "transaction", "statement"] as const)(
  "a pooler in %s mode",
  async (mode) => {
    const url = await pooled(mode);
    expect(await poolerMode(url)).toBe(mode);
    const arrivals = await arrivalsAt(url);
    expect(arrivals === undefined, "it listens where its connection is its own").toBe(mode !== "session");
  },
);

function arrivalsAt(url: string) {
  return arrivalsOf({ client: database.client, schema: "barfill" }, { environment: { DATABASE_URL: url } });
}

/** The URL of the suite's database through a PgBouncer of its own. */
async function pooled(mode: string): Promise<string> {
  const folder = await freshFolder();
  const url = new URL(database.url);
  const port = await freePort();
  await chmod(folder, 0o777);
  const lines = [
    "[databases]",
    `* = host=127.0.0.1 port=${url.port}`,
    "[pgbouncer]",
    "listen_addr = 127.0.0.1",
    `listen_port = ${port}`,
    "unix_socket_dir =",
    "auth_type = plain",
    `auth_file = ${join(folder, "users")}`,
    `pool_mode = ${mode}`,
  ];
  await writeFile(join(folder, "users"), `"${url.username}" "${url.password}"\n`);
  await writeFile(join(folder, "pgbouncer.ini"), `${lines.join("\n")}\n`);
  const user = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const child = spawn(PGBOUNCER ?? "", ["-q", ...user, join(folder, "pgbouncer.ini")], { stdio: "ignore" });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await gone;
  });
  url.port = String(port);
  await vi.waitFor(async () => {
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    await client.end();
  }, 10_000);
  return url.href;
}
