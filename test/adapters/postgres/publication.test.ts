import { afterAll, beforeAll, expect, test } from "vitest";
import {
  migrate,
  postgresQuarantine,
  postgresStore,
  saveJobs,
  setEnabled,
} from "../../../src/adapters/postgres/index.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { advance, CLAIM, openQueue, RESULT, slices } from "./queue-fixtures.ts";

let database: ServerDatabase;

beforeAll(async () => {
  database = await openServer();
  await database.client.query("create publication everything for all tables");
});
afterAll(() => database.close());

// The server refuses updates and deletes of published rows that nothing tells apart, whatever its wal_level.
test("where all tables are published, every row that changes has something that tells it", async () => {
  const { client } = database;
  const { queue, schema } = await openQueue(database);
  const { rows } = await client.query(
    `select c.relname from pg_class c
     where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') and pg_relation_is_publishable(c.oid)
       and not exists (select from pg_index i where i.indrelid = c.oid
                       and (i.indisreplident or (i.indisprimary and c.relreplident = 'd')))`,
    [schema],
  );
  expect(rows).toEqual([]);

  await queue.enqueue(slices(6));
  const [done, failed, retried, late] = await queue.lease({ ...CLAIM, token: "a", limit: 4 });
  if (!done || !failed || !retried || !late) throw new Error("four runs are due");
  await queue.complete(done, RESULT);
  await queue.fail(failed, { code: "X", message: "x" });
  await queue.retry(retried, { notBefore: 0, attemptSpent: true });
  await queue.renew(late, { percent: 1, bars: 1, requests: 1 }, 1000);
  await advance(client, schema, 90_000);
  expect(await queue.lease({ ...CLAIM, token: "b" })).toHaveLength(1);
  expect(await queue.requeue({})).toBe(1);
  expect(await queue.cancel({})).toBe(5);
  expect(await queue.prune({ olderThanMs: 0 })).toBe(6);

  const job = { label: "A_1", symbols: ["SPY"], timeframe: "1Day", windowDays: 1, priority: 0, enabled: true } as const;
  for (let times = 0; times < 2; times++) await saveJobs(client, [job], { schema });
  await setEnabled(client, { label: "A_1" }, false, { schema });
  const quarantine = postgresQuarantine({ client, schema });
  await quarantine.add({ provider: "test", symbol: "VIX", reason: "no such stock", since: 0 });
  expect(await quarantine.lift("test", ["VIX"])).toBe(1);
  expect(await migrate(client, { schema })).toEqual([]);

  const store = postgresStore({ client, schema });
  const series = { provider: "test", symbol: "SPY", timeframe: "1Day", feed: "sip", adjustment: "raw" } as const;
  const bar = { openTime: 0, open: 1, high: 1, low: 1, close: 1, volume: 1 };
  const covered = [{ series, interval: { start: 0, end: 86_400_000 } }];
  await store.commit([{ series, bars: [bar] }], covered);
  expect(await store.commit([{ series, bars: [{ ...bar, volume: 2 }] }], covered)).toMatchObject({ revised: 1 });
});
