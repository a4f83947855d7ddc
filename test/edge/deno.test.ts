import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type DenoFunctions, denoFunctions, FUNCTIONS } from "../support/deno-functions.ts";

let deno: DenoFunctions;
beforeAll(async () => {
  deno = await denoFunctions();
});
afterAll(() => deno.close());

describe("1. BOOT_ERROR", () => {
  it.each(FUNCTIONS)("%s boots on real Deno without any setting, and names each one that is missing", async (name) => {
    const { url, kill } = await deno.start(name, {});
    for (const path of [`/${name}?action=health`, `/${name}/health`, `/${name}?action=tick`]) {
      const response = await fetch(url + path, { method: path.includes("tick") ? "POST" : "GET" });
      expect(response.status).toBe(503);
      expect(await response.json()).toEqual({
        function: name,
        ok: false,
        missing: [
          "SUPABASE_URL",
          "ALPACA_KEY_ID",
          "ALPACA_SECRET_KEY",
          "SUPABASE_SECRET_KEYS or SUPABASE_SERVICE_ROLE_KEY",
        ],
      });
    }
    await kill();
  });

  it("names keys that are no JSON, and shows nothing of them", async () => {
    const settings = { SUPABASE_URL: "http://127.0.0.1:1", ALPACA_KEY_ID: "key", ALPACA_SECRET_KEY: "secret" };
    const { url, kill } = await deno.start("orchestrator", {
      ...settings,
      SUPABASE_SECRET_KEYS: '{"default":"sb_secret_x',
    });
    const response = await fetch(`${url}/orchestrator?action=health`);
    const { missing } = (await response.json()) as { missing: string[] };
    expect([response.status, missing]).toEqual([
      503,
      ["SUPABASE_SECRET_KEYS (which is no JSON object of keys by name)"],
    ]);
    await kill();
  });
});
