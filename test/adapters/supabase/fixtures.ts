import { supabaseMigrations } from "../../../src/adapters/supabase/index.ts";
import type { TestSupabase } from "../../support/supabase.ts";

/** Applies the migrations as the Supabase CLI does: file by file, each in one transaction. */
export async function applyMigrations({ database, reload }: TestSupabase, schema = "public"): Promise<void> {
  for (const { sql } of supabaseMigrations({ schema })) {
    await ("exec" in database ? database.exec(sql) : database.query(`begin;${sql}commit;`));
  }
  await reload();
}

/** Every table without a row, as after the migrations. */
export async function empty({ database }: TestSupabase, schema = "public"): Promise<void> {
  await database.query(
    `truncate ${["series", "bars", "coverage", "quarantine", "job_definitions", "job_runs", "job_queue", "job_leases"]
      .map((table) => `"${schema}".${table}`)
      .join(", ")} restart identity`,
  );
}

/** What the database answers, past its API. */
export async function rowsOf<Row>({ database }: TestSupabase, sql: string, params?: unknown[]): Promise<Row[]> {
  return (await database.query(sql, params)).rows as Row[];
}
