import pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  inspectDatabase,
  listJobs,
  longTransactions,
  migrate,
  migrations,
  type PostgresClient,
  type PostgresConnection,
  postgresQuarantine,
  postgresQueue,
  postgresStore,
  runHistory,
  saveJobs,
} from "../../../src/adapters/postgres/index.ts";
import { defineJobs } from "../../../src/index.ts";
import { openServer, type ServerDatabase } from "../../support/postgres.ts";
import { END, held, minuteBars, START, smallBackfill } from "../../support/small-backfill.ts";

/** bool, bytea, name, int8, int2, int4, text, oid, json, float4, float8, int4[], timestamptz, numeric, jsonb. */
const TYPES = [16, 17, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1007, 1184, 1700, 3802];

/** What processes tell all of `pg` for the sake of their own queries, on the way from text. */
const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  "BigInts, and text of all else": (text) => (/^-?\d+$/.test(text) ? BigInt(text) : text),
  "objects of a class of its own": (text) => new URLSearchParams({ text }),
};

function tellAll(parser: (text: string) => unknown): void {
  for (const type of TYPES) pg.types.setTypeParser(type, parser);
}

const before = TYPES.map((type) => [type, pg.types.getTypeParser(type)] as const);
afterEach(() => {
  for (const [type, parser] of before) pg.types.setTypeParser(type, parser);
});

describe("in a process that told all of pg what to make of answers", () => {
  let server: ServerDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    server = await openServer();
    client = new pg.Client({ connectionString: server.url });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await server.close();
  });

  test.each(Object.entries(PARSERS))("%s: a Pool and a Client answer as ever", async (_, parser) => {
    const answers = async () => [
      await everyAnswer(server.client, server.freshSchema()),
      await everyAnswer(client, server.freshSchema()),
    ];
    const expected = await answers();
    tellAll(parser);
    expect(await answers()).toEqual(expected);
  });

  test("through a client of another shape, the refusal names them", async () => {
    const schema = server.freshSchema();
    const wrapped: PostgresConnection = { query: (text, values) => client.query(text, values) };
    tellAll((text) => text);
    expect(await migrate(wrapped, { schema })).toEqual(migrations().map(({ version }) => version));
    expect(await migrate(wrapped, { schema })).toEqual([]);
    const refused = { code: "STORE_FAILED", disposition: "halt", hint: expect.stringContaining("type parsers") };
    await expect(postgresQuarantine({ client: wrapped, schema }).list("scripted")).rejects.toMatchObject(refused);
  });
});

/** What a backfill and what is beside it answer, but for what time does to it. */
async function everyAnswer(client: PostgresClient, schema: string) {
  const applied = [await migrate(client, { schema }), await migrate(client, { schema })];
  const [store, queue] = [postgresStore({ client, schema }), postgresQueue({ client, schema })];
  const quarantine = postgresQuarantine({ client, schema });
  await saveJobs(client, defineJobs({ label: "BATCH", symbols: ["A"], windowDays: { m1: 3 } }), { schema });
  const { backfill, clock } = smallBackfill({ bars: { A: minuteBars(5) } }, { store, queue, quarantine });
  const request = { symbols: ["A"], timeframes: ["1Min" as const], start: START, end: END };
  const { complete, bars } = await clock.run(backfill.run(request));
  await quarantine.add({ provider: "scripted", symbol: "BAD", reason: "none", since: 1 });
  const slices = await queue.open({});
  const history = (await runHistory(client, { schema })).runs.map(({ state, bars, interval }) => [
    state,
    bars,
    interval,
  ]);
  const { transactions } = await longTransactions(client);
  const facts = await inspectDatabase(client, { schema });
  return {
    ...{ applied, complete, bars, slices, history, transactions, facts, held: await held(store, "A") },
    counts: await queue.counts(),
    refused: await quarantine.list("scripted"),
    jobs: await listJobs(client, { schema }),
    rows: (await queue.runsByRowId([1])).map(({ rowId, state }) => [rowId, state]),
  };
}
