// Writes barfill's migrations into examples/supabase; a test compares.
import { writeFileSync } from "node:fs";
import { supabaseMigrations } from "../src/adapters/supabase/index.ts";

const folder = new URL("../examples/supabase/supabase/migrations/", import.meta.url);
for (const { name, sql } of supabaseMigrations()) writeFileSync(new URL(name, folder), sql);
