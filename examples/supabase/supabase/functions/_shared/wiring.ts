import type { Settings } from "barfill/edge";
import { missingKey, secretKeysIn } from "./secret-keys.ts";

const needs = ["SUPABASE_URL", "ALPACA_KEY_ID", "ALPACA_SECRET_KEY"] as const;
export type Needed = Settings<(typeof needs)[number]>;

/** What all three functions take. The parts are loaded by the first request that needs them. */
export function wiring(name: string) {
  const stop = new AbortController();
  // The platform says so before it ends the worker: what is under way goes back to the queue.
  addEventListener("beforeunload", () => stop.abort());
  const env = Deno.env.toObject();
  const found = secretKeysIn(env);
  const secretKeys = found === "malformed" ? {} : found;
  const [used = missingKey(found), ...others] = Object.keys(secretKeys);
  return {
    env: { ...env, ...secretKeys },
    needs: [...needs, used],
    keys: [used, ...others, "BARFILL_SECRET"],
    connect: async (env: Settings<string>) => {
      const { parts } = await import("./parts.ts");
      return parts(name, env as Needed, String(env[used]));
    },
    signal: stop.signal,
  };
}
