import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { coverageOf, makeBars, makeSeries, minutes, readAll } from "../../../src/testing/conformance/store/fixtures.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { stallingProxy } from "../../support/stalling-proxy.ts";
import { freshStore } from "./fixtures.ts";

const series = makeSeries();
const page = [[{ series, bars: makeBars(0, 10) }], [{ series, interval: minutes(0, 10) }]] as const;

let database: ServerDatabase;
beforeAll(async () => {
  database = await openServer();
});
afterAll(() => database.close());

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
    const proxy = await stallingProxy({ port: Number(new URL(database.url).port) });
    const url = new URL(database.url);
    url.port = String(proxy.port);
    // What the silence lasts is what the test lasts.
    const client = new pg.Pool({ connectionString: url.href, query_timeout: 300, connectionTimeoutMillis: 300 });
    try {
      const { store } = await freshStore(database, client);
      await store.commit([], [{ series, interval: minutes(-5, -4) }]);
      proxy.stallAt(text, { passOn });
      await expect(store.commit(...page)).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
      await expect(store.commit(...page)).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
      proxy.heal();
      const { inserted, unchanged } = await store.commit(...page);
      expect(inserted + unchanged).toBe(10);
      expect(await readAll(store, series)).toEqual(makeBars(0, 10));
      expect(await coverageOf(store, series, minutes(0, 10))).toEqual([minutes(0, 10)]);
    } finally {
      await client.end();
      await proxy.close();
    }
  },
);

test("a machine that vanishes in the middle of a commit holds up no other machine", async () => {
  const proxy = await stallingProxy({ port: Number(new URL(database.url).port) });
  const url = new URL(database.url);
  url.port = String(proxy.port);
  const vanished = new pg.Pool({ connectionString: url.href, query_timeout: 300 });
  try {
    const { schema, store } = await freshStore(database, vanished);
    await store.commit([], [{ series, interval: minutes(-5, -4) }]);
    proxy.stallAt("settle_coverage", { passOn: true });
    await expect(store.commit(...page)).rejects.toMatchObject({ disposition: "retry" });
    // Nobody comes back to end it, so the server has to.
    await database.client.query(`update ${schema}.coverage set spans = spans`);
  } finally {
    await vanished.end();
    await proxy.close();
  }
});
