import { createClient } from "@supabase/supabase-js";
import { logObserver } from "barfill";
import { alpacaStocks } from "barfill/alpaca";
import type { EdgeParts, Settings } from "barfill/edge";
import { loadJobs, supabaseQuarantine, supabaseQueue, supabaseStore } from "barfill/supabase";

const needs = ["SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "ALPACA_KEY_ID", "ALPACA_SECRET_KEY"] as const;

/** What all three functions are made of. Change here what is yours: another source, feed, rate or database. */
export function wiring(name: string) {
  const stop = new AbortController();
  // The platform says so before it ends the worker: what is under way goes back to the queue.
  addEventListener("beforeunload", () => stop.abort());
  return {
    env: Deno.env.toObject(),
    needs,
    keys: ["SUPABASE_SERVICE_ROLE_KEY", "BARFILL_SECRET"],
    connect: (env: Settings<(typeof needs)[number]>) => connect(name, env),
    signal: stop.signal,
  };
}

function connect(name: string, env: Settings<(typeof needs)[number]>): EdgeParts {
  const client = createClient(env.SUPABASE_URL, env.SUPABASE_SERVICE_ROLE_KEY, {
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const queue = supabaseQueue(client);
  const batchUrl = env["BARFILL_BATCH_URL"] ?? `${env.SUPABASE_URL}/functions/v1/fetch-bars-batch`;
  return {
    backfill: {
      source: alpacaStocks({
        keyId: env.ALPACA_KEY_ID,
        secretKey: env.ALPACA_SECRET_KEY,
        ...(env["ALPACA_BASE_URL"] === undefined ? {} : { baseUrl: env["ALPACA_BASE_URL"] }),
      }),
      store: supabaseStore(client),
      queue,
      quarantine: supabaseQuarantine(client),
      requestsPerMinute: Number(env["ALPACA_REQUESTS_PER_MINUTE"] ?? 200),
      observer: logObserver({ fields: { name } }),
    },
    jobs: () => loadJobs(client),
    runsByRowId: queue.runsByRowId,
    // BARFILL_BATCH_URL=none: the orchestrator works all runs itself.
    ...(batchUrl === "none" ? {} : { batch: { url: batchUrl, key: env.SUPABASE_SERVICE_ROLE_KEY } }),
  };
}
