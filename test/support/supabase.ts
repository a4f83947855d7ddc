import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { App, type Connection } from "@supabase/lite";
import { PgliteConnection } from "@supabase/lite/pglite";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import ws from "ws";
import type { PostgresClient } from "../../src/adapters/postgres/index.ts";
import { startServer } from "./postgres-server.ts";

/** A Supabase project of one suite's own, on 127.0.0.1. */
export interface TestSupabase {
  /** Its API, as `SUPABASE_URL` has it. */
  readonly url: string;
  /**
   * The public key, and the one for servers, as the dashboard gives them; `user` is taken for a user who is signed in.
   * That is a token of Supabase Auth in a project; Lite would look the user up, in tables of its own.
   */
  readonly keys: { readonly publishable: string; readonly user: string; readonly secret: string };
  /** The database beneath, as its owner. */
  readonly database: PostgresClient;
  /** The official client with this key; `fetch` in the place of its own. */
  client(key: string, fetch?: typeof globalThis.fetch): SupabaseClient;
  /** To be called when tables or functions have changed: PostgREST keeps a copy, and so does this. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export type SupabaseBackend = "PGlite" | "PostgreSQL";
export const supabaseBackends: readonly SupabaseBackend[] = ["PGlite", "PostgreSQL"];

/** What Supabase has done to a database before anybody else comes. */
const PROJECT = `
create role anon nologin noinherit;
create role authenticated nologin noinherit;
create role service_role nologin noinherit bypassrls;
grant usage on schema public to anon, authenticated, service_role;
alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
`;

/**
 * Supabase Lite, by Supabase, in this process and over HTTP: its API, keys and roles are those of a project, its
 * database is PGlite or a PostgreSQL server of its own, because roles are those of the whole server. Sends nothing
 * anywhere: only the `lite` command has telemetry.
 *
 * @param schemas Which the API exposes.
 */
export async function startSupabase(backend: SupabaseBackend, schemas = ["public"]): Promise<TestSupabase> {
  const { connection, database, close } = await (backend === "PGlite" ? onPglite() : onServer());
  await ("exec" in database ? database.exec(PROJECT) : database.query(PROJECT));
  const keys = { publishable: randomKey("publishable"), user: randomKey("user"), secret: randomKey("secret") };
  const roles = { [keys.publishable]: "anon", [keys.user]: "authenticated", [keys.secret]: "service_role" };
  const resolver = async (key: string) => {
    const role = roles[key];
    return role === undefined ? null : { type: key === keys.secret ? "secret" : "publishable", claims: { role } };
  };
  const app = new App({
    connection,
    auth: { enabled: false },
    api: { schemas, max_rows: 1000 },
    options: { server: { apiKeys: { resolver } } },
  } as ConstructorParameters<typeof App>[0]);
  const server = await serve((request) => app.fetch(request));
  return {
    url: server.url,
    keys,
    database,
    client: (key, fetch) =>
      createClient(server.url, key, {
        auth: { persistSession: false, autoRefreshToken: false },
        // Node 20 has no WebSocket.
        realtime: { transport: ws as never },
        ...(fetch === undefined ? {} : { global: { fetch } }),
      }),
    reload: async () => void (await connection.clearSchemaCache()),
    async close() {
      await server.close();
      await close();
    },
  };
}

interface Backend {
  readonly connection: Connection;
  readonly database: PostgresClient;
  close(): Promise<void>;
}

async function onPglite(): Promise<Backend> {
  const connection = withoutGrants(new PgliteConnection());
  return { connection, database: connection.driver, close: () => connection.close() };
}

async function onServer(): Promise<Backend> {
  const server = await startServer();
  const pool = new pg.Pool({ connectionString: server.url, max: 10, types: { getTypeParser: parserOf } });
  // Of connections that the server ends before the pool has.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  const connection = withoutGrants(new ServerConnection(pool) as unknown as Connection);
  return {
    connection,
    database: pool,
    async close() {
      await connection.close();
      await server.stop();
    },
  };
}

/** As Lite reads them: `name[]` is an array, `bigint` and `numeric` are numbers, times stay text. */
function parserOf(oid: number, format?: "text" | "binary"): (text: string) => unknown {
  if (format === "binary") return pg.types.getTypeParser(oid, format);
  if (oid === 20 || oid === 1700) return Number;
  if ([1082, 1083, 1114, 1184, 1266].includes(oid)) return (text) => text;
  return pg.types.getTypeParser(oid === 1003 ? 1009 : oid, "text");
}

/** The class beneath all connections to Postgres, which the package does not export by itself. */
const PostgresBase: new (options: object) => Pick<PgliteConnection, "kysely"> = Object.getPrototypeOf(PgliteConnection);

/** What the package has for the driver `postgres`, for `pg`. */
class ServerConnection extends PostgresBase {
  readonly driver: pg.Pool;

  constructor(pool: pg.Pool) {
    super({});
    this.driver = pool;
    this.kysely = new Kysely({ dialect: new PostgresDialect({ pool }) });
  }

  async close(): Promise<void> {
    await this.kysely.destroy();
  }
}

/**
 * Every request in the role of its key, as soon as there is row level security; but first Lite would grant every table
 * in the schema to every role, which Supabase does not: there, what was revoked stays so. Told that it has been done,
 * it is left out.
 */
function withoutGrants<C extends Connection>(connection: C): C {
  return Object.assign(connection, { rlsState: "active" });
}

function randomKey(kind: string): string {
  return `sb_${kind}_${randomBytes(16).toString("hex")}`;
}

/** Serves a web-standard handler on a free port of 127.0.0.1. */
export async function serve(
  answer: (request: Request) => Response | Promise<Response>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async (incoming, outgoing) => {
    const response = await answer(await toRequest(incoming));
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.end(Buffer.from(await response.arrayBuffer()));
  });
  // Longer than any pause between two requests of a test, so that no client finds its idle connection closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
  const method = incoming.method ?? "GET";
  return new Request(`http://${incoming.headers.host}${incoming.url}`, {
    method,
    headers,
    ...(method === "GET" || method === "HEAD" ? {} : { body: Buffer.concat(chunks) }),
  });
}
