import { randomUUID } from "node:crypto";
import { relative } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import pg from "pg";
import { expect, inject } from "vitest";
import type { PostgresClient } from "../../src/adapters/postgres/client.ts";

/** A Postgres of one suite's own. */
export interface TestDatabase<Client extends PostgresClient = PostgresClient> {
  readonly client: Client;
  /** The name of a schema that nothing else uses; not created. */
  freshSchema(): string;
  /** Rejects when the suite leaked a connection. */
  close(): Promise<void>;
}

export interface ServerDatabase extends TestDatabase<pg.Pool> {
  /** Of this suite's database, as a superuser. */
  readonly url: string;
}

interface Backend {
  readonly name: string;
  open(): Promise<TestDatabase>;
}

const server: Backend = { name: "PostgreSQL", open: openServer };
const embedded: Backend = { name: "PGlite", open: openPglite };

/**
 * The backends that every Postgres suite runs on, for `describe.each`; the server alone where another version of it is
 * asked for: PGlite stays the same.
 */
export const backends: readonly Backend[] =
  process.env["BARFILL_TEST_SERVER"] === undefined ? [embedded, server] : [server];

/** PGlite in memory. */
export async function openPglite(): Promise<TestDatabase<PGlite>> {
  const client = await PGlite.create();
  const { rows } = await client.query<{ server_version: string }>("show server_version");
  say(`PGlite (PostgreSQL ${rows[0]?.server_version}), in memory`);
  return { client, freshSchema, close: () => client.close() };
}

/** A new database on the run's server, with a pool; dropped at the end. */
export async function openServer(options: pg.PoolConfig = {}): Promise<ServerDatabase> {
  const name = `test_${randomUUID().slice(0, 8)}`;
  await admin(`create database ${name}`);
  const url = serverUrl(name);
  const pool = new pg.Pool({ connectionString: url, max: 10, ...options });
  const { rows } = await pool.query<{ server_version: string }>("show server_version");
  say(`PostgreSQL ${rows[0]?.server_version}, a real server`);
  return {
    client: pool,
    url,
    freshSchema,
    async close() {
      const leaked = pool.totalCount - pool.idleCount;
      if (leaked > 0) throw new Error(`${leaked} connections were never released`);
      await pool.end();
      await dropDatabase(name);
    },
  };
}

/**
 * The server waits five seconds for sessions that are about to end. Ended by force, one whose client is still saying
 * goodbye is told so (57P01), which nobody listens for any more. Those that were left behind on purpose take force.
 */
async function dropDatabase(name: string): Promise<void> {
  await admin(`drop database ${name}`).catch(() => admin(`drop database ${name} with (force)`));
}

/** The URL of the run's server for another database or role. */
export function serverUrl(database: string, user?: { readonly name: string; readonly password: string }): string {
  const url = new URL(inject("postgresUrl"));
  url.pathname = `/${database}`;
  if (user !== undefined) {
    url.username = user.name;
    url.password = user.password;
  }
  return url.href;
}

async function admin(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: serverUrl("postgres") });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function freshSchema(): string {
  return `barfill_${randomUUID().slice(0, 8)}`;
}

function say(what: string): void {
  const file = relative(process.cwd(), expect.getState().testPath ?? "");
  process.stdout.write(`${file} runs on ${what}\n`);
}
