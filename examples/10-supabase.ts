// A Supabase project as the store and the queue: the official client, the secret key, and SQL on what came of it. Here
// the project is Supabase Lite in this process; with your own, createClient and the migrations are all there is to do.
import { createBackfill } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import { supabaseMigrations, supabaseQuarantine, supabaseQueue, supabaseStore } from "barfill/supabase";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";
import { startSupabase } from "../test/support/supabase.ts";

const project = await startSupabase("PGlite");
// `barfill migrations --supabase supabase/migrations` writes these files, and `supabase db push` applies them.
for (const { name, sql } of supabaseMigrations()) {
  if ("exec" in project.database) await project.database.exec(sql);
  console.log(`applied ${name}`);
}
await project.reload();

// The secret key: with the public one everything is refused.
const client = project.client(project.keys.secret);
const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 10_000 });
const report = await createBackfill({
  source: alpacaStocks({ keyId: "key", secretKey: "secret", fetch: simulator.fetch }),
  store: supabaseStore({ client }),
  queue: supabaseQueue({ client }),
  quarantine: supabaseQuarantine({ client }),
  requestsPerMinute: 10_000,
}).run({ label: "US_1", symbols: ["AAPL", "SPY"], timeframes: ["1Day"], start: "2024-01-01", end: "2025-01-01" });
console.log(`complete: ${report.complete}`);

const { data } = await client.from("job_runs").select("symbol, timeframe, status, rows_written");
console.log(data);
await project.close();
