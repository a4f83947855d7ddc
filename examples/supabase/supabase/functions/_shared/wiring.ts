import type { Settings } from "barfill/edge";

const needs = ["SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "ALPACA_KEY_ID", "ALPACA_SECRET_KEY"] as const;
export type Needed = Settings<(typeof needs)[number]>;

/** What all three functions take. The parts are loaded by the first request that needs them. */
export function wiring(name: string) {
  const stop = new AbortController();
  // The platform says so before it ends the worker: what is under way goes back to the queue.
  addEventListener("beforeunload", () => stop.abort());
  return {
    env: Deno.env.toObject(),
    needs,
    keys: ["SUPABASE_SERVICE_ROLE_KEY", "BARFILL_SECRET"],
    connect: async (env: Needed) => (await import("./parts.ts")).parts(name, env),
    signal: stop.signal,
  };
}
