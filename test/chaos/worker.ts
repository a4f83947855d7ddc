// A worker in a process of its own: says that it is up, works when it is told to until the queue is drained, and says
// how it ended. Its argument is a `WorkerTask` as JSON. It goes when the process that started it does.
import pg from "pg";
import { alpacaStocks } from "../../src/adapters/alpaca/index.ts";
import { postgresQuarantine, postgresQueue, postgresStore } from "../../src/adapters/postgres/index.ts";
import { createBackfill } from "../../src/index.ts";
import type { WorkerTask } from "./worker-task.ts";

const task = JSON.parse(process.argv[2] ?? "") as WorkerTask;
const { sourceUrl, databaseUrl, schema, ...options } = task;
const orphaned = () => process.exit(3);
process.on("disconnect", orphaned);

// As docs/postgres.md says that a pool should be made.
const client = new pg.Pool({ connectionString: databaseUrl, connectionTimeoutMillis: 10_000 });
const backfill = createBackfill({
  ...options,
  source: alpacaStocks({ keyId: "key", secretKey: "secret", baseUrl: sourceUrl }),
  store: postgresStore({ client, schema }),
  queue: postgresQueue({ client, schema }),
  quarantine: postgresQuarantine({ client, schema }),
});

const told = new Promise((resolve) => process.once("message", resolve));
process.send?.("up");
await told;
const { ended, halted } = await backfill.work();
process.send?.({ ended, ...(halted === undefined ? {} : { halted: String(halted) }) });
await client.end();
process.off("disconnect", orphaned);
process.disconnect();
