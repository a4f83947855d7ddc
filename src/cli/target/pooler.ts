import { peer } from "./peer.ts";

/**
 * What stands between us and the server. `session`: each client has a connection of the server's; `transaction`: it has
 * one for as long as a transaction lasts; `statement`: there are no transactions.
 */
export type PoolerMode = "none" | "session" | "transaction" | "statement";

/** Finds it out by what only a pooler does; two connections, for a moment. Rejects with what `pg` rejects with. */
export async function poolerMode(connectionString: string): Promise<PoolerMode> {
  const { default: pg } = await peer("pg", () => import("pg"), "DATABASE_URL needs it");
  const first = new pg.Client({ connectionString, connectionTimeoutMillis: 15_000 });
  const second = new pg.Client({ connectionString, connectionTimeoutMillis: 15_000 });
  // What a dying connection says is said by the query that fails.
  for (const client of [first, second]) client.on("error", () => {});
  try {
    await first.connect();
    const idle = await backendOf(first);
    // The server tells its own process id when a connection opens; a pooler makes one up.
    if (idle === Reflect.get(first, "processID")) return "none";
    await second.connect();
    try {
      await second.query("begin");
    } catch {
      return "statement";
    }
    // While the first one does nothing, the second one is given its connection, unless that is the first one's to keep.
    const busy = await backendOf(second);
    await second.query("rollback");
    return busy === idle ? "transaction" : "session";
  } finally {
    await Promise.allSettled([first.end(), second.end()]);
  }
}

async function backendOf(client: { query(text: string): Promise<{ rows: { pid: number }[] }> }): Promise<number> {
  const { rows } = await client.query("select pg_backend_pid() as pid");
  return rows[0]?.pid ?? 0;
}
