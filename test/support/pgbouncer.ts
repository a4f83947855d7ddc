import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "./postgres-server.ts";

export interface PgBouncer {
  /** `serverUrl` by way of the bouncer. */
  urlOf(serverUrl: string): string;
  /** Ends the bouncer and removes its files. */
  stop(): Promise<void>;
}

export interface PgBouncerOptions {
  /** A URL of the server behind it. */
  readonly serverUrl: string;
  /** Who may come in; the server knows them by the same passwords. */
  readonly users: readonly { readonly name: string; readonly password: string }[];
  /**
   * Connections to the server a user and database: fewer than clients, or nobody's session is ever mixed with
   * another's.
   */
  readonly poolSize: number;
}

// Debian keeps it where only root looks.
const PATH = [process.env["PATH"], "/usr/sbin", "/usr/local/sbin"].join(delimiter);

/** The version of the PgBouncer of this machine, `undefined` where there is none. Says so, once a file that asks. */
export function pgbouncerVersion(): string | undefined {
  const { stdout } = spawnSync("pgbouncer", ["--version"], { encoding: "utf8", env: { ...process.env, PATH } });
  const version = /PgBouncer ([\d.]+)/.exec(stdout ?? "")?.[1];
  if (version === undefined)
    process.stdout.write("SKIPPED: tests through PgBouncer need pgbouncer, which is not here\n");
  return version;
}

/** A real PgBouncer in transaction mode on a free port of this machine; also as root. */
export async function startPgBouncer({ serverUrl, users, poolSize }: PgBouncerOptions): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), "barfill-pgbouncer-"));
  // It refuses to be root, so another user has to read this.
  chmodSync(folder, 0o755);
  const port = await freePort();
  const list = users.map(({ name, password }) => `"${name}" "${password}"\n`).join("");
  writeFileSync(join(folder, "users.txt"), list);
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    `[databases]
* = host=127.0.0.1 port=${new URL(serverUrl).port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${join(folder, "users.txt")}
pool_mode = transaction
default_pool_size = ${poolSize}
max_client_conn = 500
`,
  );
  const asOther = process.getuid?.() === 0 ? ["-u", "nobody"] : [];
  const bouncer = spawn("pgbouncer", [...asOther, join(folder, "pgbouncer.ini")], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, PATH },
  });
  const ended = once(bouncer, "exit");
  const output: string[] = [];
  bouncer.stderr.setEncoding("utf8").on("data", (text: string) => output.push(text));
  const stop = async () => {
    bouncer.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  while (!(await isOpen(port))) {
    if (bouncer.exitCode !== null) {
      await stop();
      throw new Error(`PgBouncer did not start:\n${output.slice(-20).join("")}`);
    }
    await sleep(10);
  }
  return {
    urlOf(url) {
      const through = new URL(url);
      through.port = String(port);
      return through.href;
    },
    stop,
  };
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
