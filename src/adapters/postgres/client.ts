import { OptionsError } from "../../errors.ts";
import { kindOf } from "../../model/shown.ts";
import { databaseOnConnection } from "./clients/connection.ts";
import { databaseOnEmbedded } from "./clients/embedded.ts";
import { databaseOnPool } from "./clients/pool.ts";
import { ifRolledBack } from "./if-rolled-back.ts";
import { readCommitted } from "./read-committed.ts";

/** What a query answers. */
export interface QueryResult {
  /** One object a row, by column. */
  readonly rows: unknown[];
  /** The server's word for what it did, as `SELECT` or `COMMIT`. */
  readonly command?: string;
}

/** One connection: a `pg` Client, or anything else whose queries run one after another in one session. */
export interface PostgresConnection {
  /**
   * One statement with `$1`, `$2`, … for `values`, or several without. Rejects with an error that has SQLSTATE as
   * `code`.
   */
  query(text: string, values?: unknown[]): Promise<QueryResult>;
}

/** A connection on loan from a pool. */
export interface PooledConnection extends PostgresConnection {
  /** Gives the connection back; with `true` or an error it is closed, not reused. */
  release(destroy?: boolean | Error): void;
}

/** A `pg` Pool, or one of the same shape. */
export interface PostgresPool extends PostgresConnection {
  /** Waits for a free connection, at most as long as `options` say. */
  connect(): Promise<PooledConnection>;
  /** What tells a pool from a connection, which has `connect` too. */
  readonly totalCount: number;
  /** Of its options, how long an answer and a connection may take, in ms; 20,000 where it does not say. */
  readonly options?: {
    readonly query_timeout?: number | undefined;
    readonly connectionTimeoutMillis?: number | undefined;
  };
}

/** A PGlite, or an embedded Postgres of the same shape. */
export interface EmbeddedPostgres {
  /** One statement. */
  query(text: string, values?: unknown[], options?: { blob?: Blob }): Promise<QueryResult>;
  /** Several statements, no parameters. */
  exec(text: string): Promise<unknown>;
  /** Commits when `run` resolves, rolls back when it rejects, and rejects with that. */
  transaction<T>(run: (transaction: Pick<EmbeddedPostgres, "query" | "exec">) => Promise<T>): Promise<T>;
}

/**
 * A client, known by its shape: a pool, PGlite, or one connection. A connection must be barfill's alone while it is in
 * use, because transactions are begun and committed on it; its queries are put in a line.
 */
export type PostgresClient = PostgresPool | EmbeddedPostgres | PostgresConnection;

/** Where SQL runs. Every name in it is qualified with its schema; nothing relies on the session. */
export interface Session {
  /** One statement; its rows, in the server's order. Rejects with {@link StoreError}. */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** A transaction that is open. */
export interface Transaction extends Session {
  /** Several statements, no parameters. */
  script(sql: string): Promise<void>;
  /** True when a `Uint8Array` parameter arrives in the binary format. */
  readonly takesBinary: boolean;
  /**
   * COPY in the binary format into `target`, a quoted table with its columns; absent where the client cannot.
   * All of `chunks` may be held in memory at once; making one must not throw.
   */
  readonly copy?: (target: string, chunks: Iterable<Uint8Array<ArrayBuffer>>) => Promise<void>;
}

/** A client of any shape, made one. */
export interface Database extends Session {
  /**
   * Runs `run` in one transaction at read committed, commits when it resolves and rolls back when it rejects.
   * Rejects with what `run` rejects with, or with {@link StoreError}; after an error at commit nobody knows whether
   * the server committed, so `run` must be safe to repeat. It is repeated here after a deadlock, as a query is.
   */
  transaction<T>(run: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * The same for what may take as long as it takes, migrations and whatever goes over a whole table; everything else on
   * a pool has so long for an answer, after which the connection counts as dead.
   */
  readonly patient: Omit<Database, "patient">;
}

/** One a client: store and queue on the same connection share its line. */
const databases = new WeakMap<PostgresClient, Database>();

/**
 * `client` as a {@link Database}, the same one for the same client. Throws {@link OptionsError} for what has no
 * `query`.
 */
export function databaseOf(client: PostgresClient): Database {
  let database = databases.get(client);
  if (database === undefined) databases.set(client, (database = insistent(readCommitted(open(checkClient(client))))));
  return database;
}

function checkClient(client: PostgresClient): PostgresClient {
  if (typeof Reflect.get(Object(client), "query") === "function") return client;
  // The kind and no more: a string is likely the URL of a database, with its password.
  const expected = "a pg Pool, a PGlite, or a client with query";
  throw new OptionsError([{ path: "client", expected, received: kindOf(client) }]);
}

function open(client: PostgresClient): Database {
  if ("transaction" in client) return databaseOnEmbedded(client);
  if ("totalCount" in client) return databaseOnPool(client);
  return databaseOnConnection(client);
}

/** `database`, which calls again what was rolled back in favour of others. */
function insistent(database: Database): Database {
  const over = ({ query, transaction }: Database["patient"]): Database["patient"] => ({
    query: (sql, params) => ifRolledBack(() => query(sql, params)),
    transaction: (run) => ifRolledBack(() => transaction(run)),
  });
  return { ...over(database), patient: over(database.patient) };
}
