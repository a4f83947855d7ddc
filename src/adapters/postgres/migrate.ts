import { OptionsError } from "../../errors.ts";
import { databaseOf, type PostgresClient, type Transaction } from "./client.ts";
import { ledger, type MigrateOptions, type Migration, steps } from "./migrations.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";

/**
 * Brings the schema to this version in one transaction; returns the versions that it applied, ascending, none when
 * there was nothing to do. Any number of processes may call it at once: one works, the others wait and find it done.
 * Needs a role that may create what is missing, and no superuser. Rejects with {@link StoreError}, and with
 * {@link OptionsError} for what is no client, and when the schema holds another system's tables of the same names; they
 * are left as they are.
 */
export async function migrate(
  client: PostgresClient,
  { schema = DEFAULT_SCHEMA }: MigrateOptions = {},
): Promise<readonly number[]> {
  const quoted = quoteSchema(schema);
  return databaseOf(client).patient.transaction(async (transaction) => {
    // Held to the end of the transaction, so PgBouncer cannot lose it.
    await transaction.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [`barfill migrate ${schema}`]);
    await ensureLedger(transaction, schema, quoted);
    const rows = await transaction.query<{ version: number }>(`select version from ${quoted}.barfill_migrations`);
    const applied = new Set(rows.map(({ version }) => Number(version)));
    const missing = steps(quoted).filter(({ version }) => !applied.has(version));
    await refuseStrangers(transaction, schema, missing);
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

/** Tables, views and sequences that `missing` would make and that are there: somebody else made them. */
async function refuseStrangers(transaction: Transaction, schema: string, missing: readonly Migration[]): Promise<void> {
  const names = missing.flatMap(({ sql }) => [...sql.matchAll(CREATED)].map(([, name]) => name));
  const strangers = await transaction.query<{ relname: string }>(
    `select c.relname from pg_catalog.pg_class c
     join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where n.nspname = $1 and c.relname = any($2) order by c.relname`,
    [schema, names],
  );
  if (strangers.length === 0) return;
  const quoted = quoteSchema(schema);
  // A rename would leave the names of their indexes behind. PostgreSQL: views and sequences may be called tables here.
  const moves = strangers.map(({ relname }) => `alter table ${quoted}.${relname} set schema before_barfill;`);
  const received = `${JSON.stringify(schema)}, which holds ${strangers.map(({ relname }) => relname).join(", ")}`;
  const expected =
    "a schema without tables of another system that are called like those of barfill: " +
    `name another, or move them out of the way with \`create schema before_barfill; ${moves.join(" ")}\``;
  throw new OptionsError([{ path: "schema", expected, received }]);
}

const CREATED = /^create (?:table|view|sequence) "(?:[^"]|"")+"\.(\w+)/gm;
