import { FILES } from "./migrations/embedded.ts";
import { DEFAULT_SCHEMA, quoteSchema } from "./schema.ts";

/** What {@link migrate} and {@link migrations} take. */
export interface MigrateOptions {
  /** Where the tables are, `public` included; `barfill` by default. Created when it is missing. */
  readonly schema?: string;
}

/** One step of the schema. */
export interface Migration {
  /** 1, 2, 3, …, without a hole. */
  readonly version: number;
  /** A word or two, as in `queue`, for the ledger and for people. */
  readonly name: string;
  /** Several statements, to be run in one transaction; notes in `barfill_migrations` that it ran. */
  readonly sql: string;
}

/**
 * All migrations, ascending, as SQL for those who apply it themselves.
 *
 * @example
 * ```ts
 * for (const { sql } of migrations({ schema: "market" })) console.log(`begin;\n${sql}commit;`);
 * ```
 */
export function migrations({ schema = DEFAULT_SCHEMA }: MigrateOptions = {}): readonly Migration[] {
  return steps(quoteSchema(schema)).map(({ version, name, sql }) => ({
    version,
    name,
    sql:
      version === 1 ? `create schema if not exists ${quoteSchema(schema)};\n${ledger(quoteSchema(schema))}${sql}` : sql,
  }));
}

/** Named after barfill, because in `public` a table `migrations` is likely to be somebody else's. */
export function ledger(quoted: string): string {
  return `create table if not exists ${quoted}.barfill_migrations (
  version    int primary key,
  name       text not null,
  applied_at timestamptz not null default now()
);
`;
}

/** The files, for a schema that is quoted already. */
export function steps(quoted: string): readonly Migration[] {
  return FILES.map(({ file, sql }) => {
    const version = Number(file.slice(0, 4));
    const name = file.slice(5, -".sql".length);
    const note = `insert into ${quoted}.barfill_migrations (version, name) values (${version}, '${name}');\n`;
    return { version, name, sql: `${sql.replaceAll(':"schema"', () => quoted)}\n${note}` };
  });
}
