import { createClient } from "@supabase/supabase-js";

Deno.serve(async () => Response.json({ ok: typeof createClient === "function" }));
