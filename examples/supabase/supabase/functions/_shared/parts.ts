import { createClient } from "@supabase/supabase-js";
import { logObserver } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import type { EdgeParts } from "barfill/edge";
import { loadJobs, supabaseQuarantine, supabaseQueue, supabaseStore } from "barfill/supabase";
import type { Needed } from "./wiring.ts";

/** Change here what is yours: another source, feed, rate or database. */
export function parts(name: string, env: Needed, secretKey: string): EdgeParts {
  const client = createClient(env.SUPABASE_URL, secretKey, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const queue = supabaseQueue({ client });
  const batchUrl = env["BARFILL_BATCH_URL"] || `${env.SUPABASE_URL}/functions/v1/fetch-bars-batch`;
  return {
    backfill: {
      source: alpacaStocks({
        keyId: env.ALPACA_KEY_ID,
        secretKey: env.ALPACA_SECRET_KEY,
        ...(env["ALPACA_BASE_URL"] ? { baseUrl: env["ALPACA_BASE_URL"] } : {}),
      }),
      store: supabaseStore({ client }),
      queue,
      quarantine: supabaseQuarantine({ client }),
      requestsPerMinute: Number(env["ALPACA_REQUESTS_PER_MINUTE"] || 200),
      observer: logObserver({ fields: { name } }),
    },
    jobs: () => loadJobs(client),
    runsByRowId: queue.runsByRowId,
    // BARFILL_BATCH_URL=none: the orchestrator works all runs itself.
    ...(batchUrl === "none" ? {} : { batch: { url: batchUrl, key: secretKey } }),
  };
}
