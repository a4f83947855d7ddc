import type { Arrivals } from "../../../contracts/arrivals.ts";
import { OptionsError } from "../../../errors.ts";
import { kindOf } from "../../../model/shown.ts";
import type { PooledConnection, PostgresConnection, PostgresPool } from "../client.ts";
import { ignoreErrorEvents } from "../clients/error-events.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "../schema.ts";

/** A PGlite, or an embedded Postgres of the same shape. */
export interface ListeningEmbedded extends PostgresConnection {
  /** Calls `callback` at every NOTIFY on `channel`; what it resolves with ends that. */
  listen(channel: string, callback: (payload: string) => void): Promise<() => Promise<void>>;
}

/** A client that can be told of notifications: a `pg` Pool for two connections or more, or PGlite. */
export type ListeningClient = PostgresPool | ListeningEmbedded;

/** What {@link postgresArrivals} takes. */
export interface PostgresArrivalsOptions {
  /** Not through PgBouncer in transaction mode: it gives a connection that listens to others. */
  readonly client: ListeningClient;
  /** Of the queue; `barfill` by default. */
  readonly schema?: string;
}

/** The word of `announce_runs` in migrations/0002_queue.sql. */
const CHANNEL = "barfill_runs";
/** A poll is the worst that a lost connection costs meanwhile. */
const RECONNECT_MS = 5000;

/**
 * {@link Arrivals} by LISTEN: a worker is woken when runs are enqueued, requeued, or put back for another try. While
 * it works it keeps one connection of the pool for that; the connection is closed afterwards. One that is lost is
 * replaced after five seconds. Give the pool `keepAlive: true`, so that a connection that dies in silence is noticed.
 *
 * @throws {@link OptionsError} when the client cannot listen, or is a pool for one connection, which would be left
 * with none to work with.
 *
 * @example
 * ```ts
 * const queue = postgresQueue({ client });
 * const backfill = createBackfill({ source, store, queue, arrivals: postgresArrivals({ client }), pollMs: 60_000 });
 * ```
 */
export function postgresArrivals({ client, schema = DEFAULT_SCHEMA }: PostgresArrivalsOptions): Arrivals {
  const announced = `select ${quoteSchema(schema)}.listen_runs()`;
  const ended = `select ${quoteSchema(schema)}.unlisten_runs()`;
  const attempt = listens(client) ? onEmbedded(client, announced, ended) : onPool(checkPool(client), announced);
  return {
    async listen(onDue, { clock, signal }) {
      const stopped = new Promise<void>((resolve) => {
        if (signal.aborted) resolve();
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
      const onPayload = (payload: string): void => {
        const [, ms, of] = /^(\d+) (.*)$/s.exec(payload) ?? [];
        if (of === schema) onDue(Number(ms));
      };
      while (!signal.aborted) {
        // The poll goes on, and the next call of the queue says what is wrong with the server.
        await attempt({ onStart: () => onDue(0), onPayload, stopped }).catch(() => {});
        await clock.sleep(RECONNECT_MS, signal).catch(() => {});
      }
    },
  };
}

interface Attempt {
  readonly onStart: () => void;
  readonly onPayload: (payload: string) => void;
  readonly stopped: Promise<void>;
}

/** Listens until stopped or until the connection is lost. */
type Listen = (attempt: Attempt) => Promise<void>;

function onEmbedded(embedded: ListeningEmbedded, announced: string, ended: string): Listen {
  return async ({ onStart, onPayload, stopped }) => {
    const unlisten = await embedded.listen(CHANNEL, onPayload);
    try {
      await embedded.query(announced);
      onStart();
      await stopped;
      await embedded.query(ended);
    } finally {
      await unlisten();
    }
  };
}

function onPool(pool: PostgresPool, announced: string): Listen {
  ignoreErrorEvents(pool);
  return async ({ onStart, onPayload, stopped }) => {
    // A pool that has none to give must not hold up the end of the work.
    const connecting = pool.connect();
    const connection = await Promise.race([connecting, stopped]);
    if (connection === undefined) return void connecting.then((late) => late.release()).catch(() => {});
    try {
      if (!emits(connection)) return await stopped;
      const lost = new Promise<void>((resolve) => {
        connection.on("error", () => resolve());
        connection.on("end", () => resolve());
      });
      connection.on("notification", ({ payload }) => onPayload(payload ?? ""));
      const ended = Promise.race([stopped, lost]);
      const listening = connection.query(`listen ${CHANNEL}`).then(() => connection.query(announced));
      // A connection that falls silent must not hold up the end of the work either.
      await Promise.race([listening, ended]);
      listening.catch(() => {});
      onStart();
      await ended;
    } finally {
      // Closed, because whoever came next would listen too.
      connection.release(true);
    }
  };
}

interface NotifiedConnection extends PostgresConnection {
  on(event: "error" | "end", listener: () => void): unknown;
  on(event: "notification", listener: (notification: { readonly payload?: string }) => void): unknown;
}

function emits(connection: PooledConnection): connection is PooledConnection & NotifiedConnection {
  return "on" in connection && typeof connection.on === "function";
}

function listens(client: ListeningClient): client is ListeningEmbedded {
  return "listen" in Object(client);
}

function checkPool(pool: PostgresPool): PostgresPool {
  const refuse = (received: string): never => {
    const expected = "a pg Pool for two connections or more, or PGlite";
    throw new OptionsError([{ path: "client", expected, received }]);
  };
  if (typeof Reflect.get(Object(pool), "query") !== "function") refuse(kindOf(pool));
  if (!("totalCount" in pool)) refuse("a client that cannot listen, or that could not replace a lost connection");
  const most: unknown = "options" in pool ? Reflect.get(Object(pool.options), "max") : undefined;
  return most === 1 ? refuse("a pool for one connection") : pool;
}
