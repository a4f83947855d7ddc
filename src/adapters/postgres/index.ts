/**
 * Store, queue, quarantine and jobs in PostgreSQL 14 or later, or in PGlite.
 *
 * @module barfill/postgres
 */

export type {
  EmbeddedPostgres,
  PooledConnection,
  PostgresClient,
  PostgresConnection,
  PostgresPool,
  QueryResult,
} from "./client.ts";
export { type DatabaseFacts, inspectDatabase } from "./inspect.ts";
export { type JobsOptions, listJobs, loadJobs, saveJobs, setEnabled } from "./jobs.ts";
export type { JobFilter } from "./jobs-on-functions.ts";
export {
  type LongTransaction,
  type LongTransactions,
  type LongTransactionsOptions,
  longTransactions,
} from "./long-transactions.ts";
export { migrate } from "./migrate.ts";
export { type MigrateOptions, type Migration, migrations } from "./migrations.ts";
export { postgresQuarantine } from "./postgres-quarantine.ts";
export {
  type ListeningClient,
  type ListeningEmbedded,
  type PostgresArrivalsOptions,
  postgresArrivals,
} from "./queue/postgres-arrivals.ts";
export { type PostgresQueueOptions, postgresQueue } from "./queue/postgres-queue.ts";
export type { PostgresQueue, RunRow } from "./queue/queue-on-functions.ts";
export { type RunHistoryOptions, runHistory } from "./queue/run-history.ts";
export { BYTES_PER_BAR, type PostgresOptions, postgresStore } from "./store/postgres-store.ts";
