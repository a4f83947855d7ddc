export type { EmbeddedPostgres, PooledConnection, PostgresClient, PostgresConnection, PostgresPool } from "./client.ts";
export { type DatabaseFacts, inspectDatabase } from "./inspect.ts";
export { type JobFilter, type JobsOptions, type LoadJobsOptions, loadJobs, saveJobs, setEnabled } from "./jobs.ts";
export { type MigrateOptions, type Migration, migrate, migrations } from "./migrate.ts";
export { postgresQuarantine } from "./postgres-quarantine.ts";
export { type PostgresQueue, type PostgresQueueOptions, postgresQueue } from "./queue/postgres-queue.ts";
export { type RunHistoryOptions, runHistory } from "./queue/run-history.ts";
export { BYTES_PER_BAR, type PostgresOptions, postgresStore } from "./store/postgres-store.ts";
