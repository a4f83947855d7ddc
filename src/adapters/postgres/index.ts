export type { EmbeddedPostgres, PooledConnection, PostgresClient, PostgresConnection, PostgresPool } from "./client.ts";
export { type JobFilter, type JobsOptions, loadJobs, saveJobs, setEnabled } from "./jobs.ts";
export { type MigrateOptions, type Migration, migrate, migrations } from "./migrate.ts";
export { postgresQuarantine } from "./postgres-quarantine.ts";
export { type PostgresQueue, type PostgresQueueOptions, postgresQueue, type RunRow } from "./queue/postgres-queue.ts";
export { type PostgresOptions, postgresStore } from "./store/postgres-store.ts";
