import { expect, test } from "vitest";
import { migrations } from "../../../src/adapters/postgres/index.ts";
import { supabaseMigrations } from "../../../src/adapters/supabase/index.ts";

test("files are named as the Supabase CLI picks them up, and never otherwise again", () => {
  expect(supabaseMigrations().map(({ name }) => name)).toEqual([
    "20260101000001_barfill_store.sql",
    "20260101000002_barfill_queue.sql",
    "20260101000003_barfill_calls.sql",
    "20260101000004_barfill_access.sql",
  ]);
});

test("the SQL is that of the migrations, in public unless a schema is named", () => {
  const sqlOf = (files: readonly { readonly sql: string }[]) => files.map(({ sql }) => sql);
  expect(sqlOf(supabaseMigrations())).toEqual(sqlOf(migrations({ schema: "public" })));
  expect(sqlOf(supabaseMigrations({ schema: "market" }))).toEqual(sqlOf(migrations({ schema: "market" })));
});

test("no file begins or ends a transaction: the CLI runs each in one", () => {
  for (const { sql } of supabaseMigrations()) expect(sql).not.toMatch(/^\s*(begin|commit|rollback)\s*;/im);
});
