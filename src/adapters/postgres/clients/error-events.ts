interface Emitter {
  on(event: string, listener: (subject: unknown) => void): unknown;
  off(event: string, listener: (subject: unknown) => void): unknown;
}

const ignore = () => {};

/**
 * `pg` reports a connection that dies between two queries as an event, and an event that nobody hears ends the
 * process. The next query says the same as a rejection. Returns what takes the listener off again.
 */
export function ignoreErrorEvents(client: object): () => void {
  if (!emits(client)) return ignore;
  client.on("error", ignore);
  return () => void client.off("error", ignore);
}

/**
 * The same for a pool and all its connections to come, from the instant that they are there: the server's welcome and
 * its farewell may come in one packet, before a promise of the connection has told anybody.
 */
export function ignoreErrorEventsOfPool(pool: object): void {
  ignoreErrorEvents(pool);
  if (emits(pool)) pool.on("connect", (connection) => void ignoreErrorEvents(connection as object));
}

/** Tells whether `client` said that its connection is over, which of `pg` never comes back. */
export function endOf(client: object): () => boolean {
  let isOver = false;
  if (emits(client)) client.on("end", () => (isOver = true));
  return () => isOver;
}

function emits(client: object): client is Emitter {
  return "on" in client && typeof client.on === "function" && "off" in client && typeof client.off === "function";
}
