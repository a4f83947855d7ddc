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
        missing: ["SUPABASE_URL", "SUPABASE_SERVICE_ROLE_KEY", "ALPACA_KEY_ID", "ALPACA_SECRET_KEY"],
      });
    }
    await kill();
  });
});
