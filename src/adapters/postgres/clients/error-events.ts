interface Emitter {
  on(event: "error", listener: (error: unknown) => void): unknown;
  off(event: "error", listener: (error: unknown) => void): unknown;
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

function emits(client: object): client is Emitter {
  return "on" in client && typeof client.on === "function" && "off" in client && typeof client.off === "function";
}
