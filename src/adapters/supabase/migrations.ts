import { migrations } from "../postgres/migrations.ts";
import { DEFAULT_SCHEMA, type SupabaseOptions } from "./client.ts";

/** A file for `supabase/migrations`. */
export interface MigrationFile {
  /** As the Supabase CLI wants it: fourteen digits, then words. The same in every version of barfill. */
  readonly name: string;
  /** Several statements, without `begin` and `commit`: the CLI adds them. */
  readonly sql: string;
}

/** Which they are and in which order, not when: a project may have migrations before and after them. */
const FIRST = 20260101000000;

/**
 * All migrations, ascending, as files for the Supabase CLI: write each to `supabase/migrations/<name>` and run
 * `supabase db push`, which applies what is missing, a file a transaction. They note what they applied in
 * `barfill_migrations` too, so that `migrate` of `barfill/postgres` has nothing to do afterwards.
 *
 * @example
 * ```ts
 * import { writeFileSync } from "node:fs";
 * import { supabaseMigrations } from "barfill/supabase";
 *
 * for (const { name, sql } of supabaseMigrations()) writeFileSync(`supabase/migrations/${name}`, sql);
 * ```
 */
export function supabaseMigrations({ schema = DEFAULT_SCHEMA }: SupabaseOptions = {}): readonly MigrationFile[] {
  return migrations({ schema }).map(({ version, name, sql }) => ({
    name: `${FIRST + version}_barfill_${name}.sql`,
    sql,
  }));
}
