// A worker in a process of its own: drains the queue, three runs at a time, and prints what it completed and what was
// refused, as its last line. Arguments: the database's URL, the schema, its name, how long a lease lasts, and "held"
// for one that prints a line when it has its first leases, and completes none before a line comes in.
import { once } from "node:events";
import pg from "pg";
import { postgresQueue } from "../../../src/adapters/postgres/index.ts";
import { isBarfillError } from "../../../src/errors.ts";

const [url = "", schema = "", workerId = "", ttlMs = "", held = ""] = process.argv.slice(2);
const client = new pg.Pool({ connectionString: url, max: 2 });
const queue = postgresQueue({ client, schema });
const completed: string[] = [];
const refused: string[] = [];
let isHeld = held === "held";
for (;;) {
  const leases = await queue.lease({ workerId, token: crypto.randomUUID(), limit: 3, ttlMs: Number(ttlMs) });
  if (leases.length === 0) {
    const open = await queue.counts({ states: ["queued", "running"] });
    if (open.length === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  if (isHeld && leases.length > 0) {
    isHeld = false;
    process.stdout.write(`${JSON.stringify(leases.map(({ slice }) => slice.id))}\n`);
    await once(process.stdin, "data");
    process.stdin.destroy();
  }
  for (const lease of leases) {
    try {
      await queue.complete(lease, { bars: 1, requests: 1 });
      completed.push(lease.slice.id);
    } catch (error) {
      if (!isBarfillError(error, "LEASE_LOST")) throw error;
      refused.push(lease.slice.id);
    }
  }
}
await client.end();
process.stdout.write(JSON.stringify({ completed, refused }));
