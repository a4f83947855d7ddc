import { createHmac, randomBytes, randomUUID } from "node:crypto";
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
  /** As the dashboard gives them: the public key, and the one for servers. */
  readonly keys: { readonly publishable: string; readonly secret: string };
  /** The token of a user who is signed in. */
  readonly userToken: string;
  /** The database beneath, as its owner. */
  readonly database: PostgresClient;
  /** The official client with this key, and with this user's token. */
  client(key: string, userToken?: string): SupabaseClient;
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
  const keys = {
    publishable: `sb_publishable_${randomBytes(16).toString("hex")}`,
    secret: `sb_secret_${randomBytes(16).toString("hex")}`,
  };
  const jwtSecret = randomBytes(32).toString("hex");
  const app = new App({
    connection,
    auth: { enabled: false, jwt_secret: jwtSecret, publishable_key: keys.publishable, secret_key: keys.secret },
    api: { schemas, max_rows: 1000 },
  });
  await app.init();
  const server = await serve((request) => app.fetch(request));
  return {
    url: server.url,
    keys,
    userToken: signedToken(jwtSecret, { role: "authenticated", sub: randomUUID(), aud: "authenticated" }),
    database,
    client: (key, userToken) =>
      createClient(server.url, key, {
        auth: { persistSession: false, autoRefreshToken: false },
        // Node 20 has no WebSocket.
        realtime: { transport: ws as never },
        ...(userToken === undefined ? {} : { global: { headers: { Authorization: `Bearer ${userToken}` } } }),
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
  // One that the server ends before the pool has.
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
 * On finding row level security Lite grants every table in the schema to every role, which Supabase does not: there, what
 * was revoked stays so.
 */
function withoutGrants<C extends Connection>(connection: C): C {
  return Object.assign(connection, { rlsState: "inactive" });
}

/** A JSON Web Token that is good for an hour. RFC 7519, HS256. */
function signedToken(secret: string, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ ...claims, iat: now, exp: now + 3600 })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
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
