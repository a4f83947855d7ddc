import type { PostgresClient } from "../../../src/adapters/postgres/client.ts";
import { migrate, type PostgresQueue, postgresQueue } from "../../../src/adapters/postgres/index.ts";
import { makeSlice, type Slice } from "../../../src/model/slice.ts";
import type { TestDatabase } from "../../support/postgres.ts";

/** An empty queue in a schema of its own. */
export interface TestQueue {
  readonly queue: PostgresQueue;
  readonly schema: string;
  /** Moves all stored times back by `ms`: the server's clock is nobody's to set. */
  advance(ms: number): Promise<void>;
}

export async function openQueue({ client, freshSchema }: TestDatabase): Promise<TestQueue> {
  const schema = freshSchema();
  await migrate(client, { schema });
  return { queue: postgresQueue({ client, schema }), schema, advance: (ms) => advance(client, schema, ms) };
}

/** Moves all stored times back by `ms`. */
export async function advance(client: PostgresClient, schema: string, ms: number): Promise<void> {
  for (const [table, column] of [
    ["job_runs", "lease_expires_at"],
    ["job_runs", "not_before"],
    ["job_queue", "not_before"],
    ["job_leases", "expires_at"],
  ]) {
    await client.query(`update ${schema}.${table} set ${column} = ${column} - $1 * interval '1 millisecond'`, [ms]);
  }
}

export const CLAIM = { workerId: "worker", limit: 1, ttlMs: 60_000 };
export const RESULT = { bars: 10, requests: 1 };

/** The slice of the minute `minute`. */
export function sliceAt(minute: number, parts: Partial<Omit<Slice, "id">> = {}): Slice {
  return makeSlice({
    provider: "test",
    symbols: ["SPY"],
    timeframe: "1Min",
    feed: "sip",
    adjustment: "raw",
    interval: { start: minute * 60_000, end: (minute + 1) * 60_000 },
    priority: 0,
    estimate: { bars: 1, pages: 1 },
    ...parts,
  });
}

export function slices(count: number, parts: Partial<Omit<Slice, "id">> = {}): Slice[] {
  return Array.from({ length: count }, (_, minute) => sliceAt(minute, parts));
}
