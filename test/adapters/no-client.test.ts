// What a client is not, wherever one is passed in: refused by name before anything is asked, and never shown.
import { describe, expect, test } from "vitest";
import * as postgres from "../../src/adapters/postgres/index.ts";
import * as supabase from "../../src/adapters/supabase/index.ts";
import { isBarfillError } from "../../src/errors.ts";

const URL = "postgres://barfill:hunter2@db.example/market";
const NO_CLIENTS: readonly (readonly [unknown, string])[] = [
  [undefined, "undefined"],
  [null, "null"],
  [URL, "a string"],
  [{ connectionString: URL }, "an object"],
  // What `postgres` (postgres.js) returns is a tagged template.
  [() => [], "a function"],
];

const CALLS = {
  "postgresStore(…)": (client: never) => postgres.postgresStore({ client }),
  "postgresQueue(…)": (client: never) => postgres.postgresQueue({ client }),
  "postgresQuarantine(…)": (client: never) => postgres.postgresQuarantine({ client }),
  "postgresArrivals(…)": (client: never) => postgres.postgresArrivals({ client }),
  "supabaseStore(…)": (client: never) => supabase.supabaseStore({ client }),
  "supabaseQueue(…)": (client: never) => supabase.supabaseQueue({ client }),
  "supabaseQuarantine(…)": (client: never) => supabase.supabaseQuarantine({ client }),
};
const PROMISES = {
  "migrate(…)": (client: never) => postgres.migrate(client),
  "saveJobs(…)": (client: never) => postgres.saveJobs(client, []),
  "loadJobs(…)": (client: never) => postgres.loadJobs(client),
  "longTransactions(…)": (client: never) => postgres.longTransactions(client),
  "runHistory(…)": (client: never) => postgres.runHistory(client),
  "saveJobs(…) of Supabase": (client: never) => supabase.saveJobs(client, []),
  "listJobs(…) of Supabase": (client: never) => supabase.listJobs(client),
};

function refusalIn(error: unknown) {
  if (!isBarfillError(error, "OPTIONS_INVALID")) throw error;
  expect(error.message).not.toContain("hunter2");
  return error.issues.map(({ path, received }) => ({ path, received }));
}

describe.each(NO_CLIENTS)("%j is no client", (client, received) => {
  test.each(Object.entries(CALLS))("%s throws", (_, call) => {
    let refusal: unknown;
    try {
      call(client as never);
    } catch (error) {
      refusal = refusalIn(error);
    }
    expect(refusal).toEqual([{ path: "client", received }]);
  });

  test.each(Object.entries(PROMISES))("%s rejects", async (_, call) => {
    // A call that throws would have no promise to catch.
    const refusal = await call(client as never).then(() => "accepted", refusalIn);
    expect(refusal).toEqual([{ path: "client", received }]);
  });
});
