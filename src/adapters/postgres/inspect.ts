import { type Database, databaseOf, type PostgresClient } from "./client.ts";
import { type MigrateOptions, migrations } from "./migrations.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";

/** What {@link inspectDatabase} found. */
export interface DatabaseFacts {
  /** As the server spells it: `16.4`. */
  readonly version: string;
  /** 14 and above are enough. */
  readonly majorVersion: number;
  /** True where the server is a standby, or set to read only: nothing can be written. */
  readonly readOnly: boolean;
  /** False where nothing was migrated yet, or into another schema. */
  readonly schemaExists: boolean;
  /** Versions of migrations that were applied, ascending; none where there are no tables. */
  readonly applied: readonly number[];
  /** Versions that this package has and the database lacks, ascending. */
  readonly missing: readonly number[];
  /** Versions that the database has and this package does not know: it was migrated by a newer one. */
  readonly unknown: readonly number[];
  /**
   * Tables that the role may not read and write, and functions that it may not call, one of each kind, by name and
   * ascending; none where nothing was migrated yet.
   */
  readonly forbidden: readonly string[];
}

const TABLES = ["series", "bars", "coverage", "quarantine", "job_definitions", "job_runs", "job_leases", "job_queue"];
/** One of each kind of call; rights are given to all of a schema. */
const FUNCTIONS = ["coverage_of", "quarantined_symbols", "enqueue_runs", "lease_runs", "count_runs", "load_jobs"];

interface Row {
  readonly version: string;
  readonly version_num: string;
  readonly read_only: boolean;
  readonly schema_exists: boolean;
  readonly ledger: boolean;
}

/** Looks at a database and changes nothing. Needs no rights but to connect. Rejects with {@link StoreError}. */
export async function inspectDatabase(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: MigrateOptions = {},
): Promise<DatabaseFacts> {
  const database = databaseOf(client);
  const [row] = await database.query<Row>(
    `select current_setting('server_version') as version, current_setting('server_version_num') as version_num,
            pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as read_only,
            exists (select from pg_catalog.pg_namespace where nspname = $1) as schema_exists,
            exists (select from pg_catalog.pg_namespace n join pg_catalog.pg_class c on c.relnamespace = n.oid
                    where n.nspname = $1 and c.relname = 'barfill_migrations') as ledger`,
    [schema],
  );
  const {
    version = "unknown",
    version_num = "0",
    read_only = false,
    schema_exists = false,
    ledger = false,
  } = row ?? {};
  const rows = ledger
    ? await database.query<{ version: number }>(
        `select version from ${quoteSchema(schema)}.barfill_migrations order by version`,
      )
    : [];
  const applied = rows.map(({ version }) => Number(version));
  const known = migrations({ schema }).map(({ version }) => version);
  return {
    version,
    majorVersion: Math.floor(Number(version_num) / 10_000),
    readOnly: read_only,
    schemaExists: schema_exists,
    applied,
    missing: known.filter((version) => !applied.includes(version)),
    unknown: applied.filter((version) => !known.includes(version)),
    forbidden: applied.length === 0 ? [] : await forbiddenIn(database, schema),
  };
}

async function forbiddenIn(database: Database, schema: string): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select c.relname as name from pg_catalog.pg_class c
     where c.relnamespace = $1::regnamespace and c.relname = any($2::text[])
       and not (has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
                and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete'))
     union all
     select p.proname from pg_catalog.pg_proc p
     where p.pronamespace = $1::regnamespace and p.proname = any($3::text[])
       and not has_function_privilege(p.oid, 'execute')
     order by 1`,
    [quoteSchema(schema), TABLES, FUNCTIONS],
  );
  return rows.map(({ name }) => name);
}
