import { databaseOf, type PostgresClient } from "./client.ts";
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
}

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
  };
}
