import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { databaseOnPool } from "../../../src/adapters/postgres/clients/pool.ts";
import { postgresStore } from "../../../src/adapters/postgres/index.ts";
import { sqlFunctions } from "../../../src/adapters/postgres/sql-functions.ts";
import { commit } from "../../../src/adapters/postgres/store/commit.ts";
import { seriesIds } from "../../../src/adapters/postgres/store/series-ids.ts";
import { coverageOf, makeBars, makeSeries, minutes, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { stallingProxy } from "../../support/stalling-proxy.ts";
import { freshStore } from "./fixtures.ts";

const series = makeSeries();
const page = [[{ series, bars: makeBars(0, 10) }], [{ series, interval: minutes(0, 10) }]] as const;
const SILENT = { code: "STORE_FAILED", disposition: "retry", sqlState: undefined };

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

/** A schema whose series is known, and a network between it and whoever goes by `url`. */
async function behindProxy() {
  const { schema, store } = await freshStore(database);
  await store.commit([], [{ series, interval: minutes(-5, -4) }]);
  const proxy = await stallingProxy({ port: Number(new URL(database.url).port) });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  return { schema, proxy, url: url.href };
}

// Each leaves the server in another state: waiting for the rest of a COPY, idle with the coverage locked, committed.
test.each([
  ["while it begins", "begin", false],
  ["after it locked the coverage", "settle_coverage", true],
  ["when the server waits for rows", "copy ", true],
  ["before it commits", "commit", false],
  ["after it committed", "commit", true],
])(
  "a network that falls silent under a commit, %s, costs that commit and holds up no other",
  async (_, text, passOn) => {
    const { schema, proxy, url } = await behindProxy();
    // Longer than a test: nothing but the next transaction ends what a silent one left on the server.
    const client = new pg.Pool({ connectionString: url, query_timeout: 240_000 });
    try {
      // The bounds go by on this clock, and only where nobody answers: a busy machine is no silence.
      const clock = fakeClock();
      const pool = databaseOnPool(client, clock);
      const ids = seriesIds(sqlFunctions(pool, schema));
      const committing = () => commit(pool, schema, ids, ...page);
      const stalled = proxy.stallAt(text, { passOn });
      const first = expect(committing()).rejects.toMatchObject(SILENT);
      await stalled;
      await clock.run(first);
      await clock.run(expect(committing()).rejects.toMatchObject(SILENT));
      proxy.heal();
      const { inserted, unchanged } = await committing();
      expect(inserted + unchanged).toBe(10);
      const store = postgresStore({ client: database.client, schema });
      expect(await readAll(store, series)).toEqual(makeBars(0, 10));
      expect(await coverageOf(store, series, minutes(0, 10))).toEqual([minutes(0, 10)]);
    } finally {
      await proxy.close();
      await client.end();
    }
  },
);

test("a machine that vanishes in the middle of a commit holds up no other machine", async () => {
  const { schema, proxy, url } = await behindProxy();
  // What the server waits for it is what the test lasts.
  const vanished = new pg.Pool({ connectionString: url, query_timeout: 300 });
  try {
    // Tried again where the machine is so busy that the bound is over before the network is silent.
    const store = postgresStore({ client: vanished, schema });
    let isSilent = false;
    void proxy.stallAt("settle_coverage", { passOn: true }).then(() => (isSilent = true));
    while (!isSilent) await expect(store.commit(...page)).rejects.toMatchObject({ disposition: "retry" });
    // Nobody comes back to end it, so the server has to.
    await database.client.query(`update ${schema}.coverage set spans = spans`);
  } finally {
    await proxy.close();
    await vanished.end();
  }
});
