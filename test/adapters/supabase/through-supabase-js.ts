import { afterAll, beforeAll, describe, test } from "vitest";
import { supabaseQueue, supabaseStore } from "../../../src/adapters/supabase/index.ts";
import { queueCases, runConformance, storeCases } from "../../../src/testing/conformance/index.ts";
import { type SupabaseBackend, startSupabase, type TestSupabase } from "../../support/supabase.ts";
import { advance } from "../postgres/queue-fixtures.ts";
import { applyMigrations, empty } from "./fixtures.ts";

/** Every store and queue case through the official client, with the secret key. */
export function describeConformance(backend: SupabaseBackend): void {
  describe(`through supabase-js, on Supabase Lite on ${backend}`, () => {
    let supabase: TestSupabase;
    beforeAll(async () => {
      supabase = await startSupabase(backend);
      await applyMigrations(supabase);
    });
    afterAll(() => supabase.close());

    runConformance({
      cases: storeCases,
      async create() {
        await empty(supabase);
        return { store: supabaseStore({ client: supabase.client(supabase.keys.secret) }) };
      },
      test,
    });

    runConformance({
      cases: queueCases,
      async create() {
        await empty(supabase);
        return {
          queue: supabaseQueue({ client: supabase.client(supabase.keys.secret) }),
          advance: (ms) => advance(supabase.database, "public", ms),
        };
      },
      test,
    });
  });
}
