import { databaseOf, type PostgresClient, type Transaction } from "./client.ts";
import { ledger, type MigrateOptions, steps } from "./migrations.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";

/**
 * Brings the schema to this version in one transaction; returns the versions that it applied, ascending, none when
 * there was nothing to do. Any number of processes may call it at once: one works, the others wait and find it done.
 * Needs a role that may create what is missing, and no superuser. Rejects with {@link StoreError}.
 */
export function migrate(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: MigrateOptions = {},
): Promise<readonly number[]> {
  const quoted = quoteSchema(schema);
  return databaseOf(client).transaction(async (transaction) => {
    // Held to the end of the transaction, so PgBouncer cannot lose it.
    await transaction.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`barfill migrate ${schema}`]);
    await ensureLedger(transaction, schema, quoted);
    const rows = await transaction.query<{ version: number }>(`select version from ${quoted}.barfill_migrations`);
    const applied = new Set(rows.map(({ version }) => version));
    const missing = steps(quoted).filter(({ version }) => !applied.has(version));
    for (const { sql } of missing) await transaction.script(sql);
    return missing.map(({ version }) => version);
  });
}

/** `if not exists` asks for the right to create even where everything exists, so look first. */
async function ensureLedger(transaction: Transaction, schema: string, quoted: string): Promise<void> {
  const there = await transaction.query<{ relname: string | null }>(
    `select c.relname from pg_catalog.pg_namespace n
     left join pg_catalog.pg_class c on c.relnamespace = n.oid and c.relname = 'barfill_migrations'
     where n.nspname = $1`,
    [schema],
  );
  if (there.length === 0) await transaction.script(`create schema ${quoted}`);
  if (there[0]?.relname == null) await transaction.script(ledger(quoted));
}
