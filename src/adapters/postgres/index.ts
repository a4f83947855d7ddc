export type { EmbeddedPostgres, PooledConnection, PostgresClient, PostgresConnection, PostgresPool } from "./client.ts";
export { type JobsOptions, loadJobs, saveJobs, setEnabled } from "./jobs.ts";
export type { JobFilter } from "./jobs-on-functions.ts";
export { migrate } from "./migrate.ts";
export { type MigrateOptions, type Migration, migrations } from "./migrations.ts";
export { postgresQuarantine } from "./postgres-quarantine.ts";
export { type PostgresQueueOptions, postgresQueue } from "./queue/postgres-queue.ts";
export type { PostgresQueue, RunRow } from "./queue/queue-on-functions.ts";
export { type PostgresOptions, postgresStore } from "./store/postgres-store.ts";
