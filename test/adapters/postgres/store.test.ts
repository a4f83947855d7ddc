import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { memoryQueue } from "../../../src/adapters/memory/index.ts";
import { type PostgresConnection, postgresStore } from "../../../src/adapters/postgres/index.ts";
import { createBackfill } from "../../../src/index.ts";
import type { Bar } from "../../../src/model/bar.ts";
import { MINUTE_MS } from "../../../src/model/units.ts";
import { runConformance, storeCases } from "../../../src/testing/conformance/index.ts";
import {
  coverageOf,
  EVER,
  makeBar,
  makeBars,
  makeSeries,
  minutes,
  readAll,
} from "../../../src/testing/conformance/store/fixtures.ts";
import { scriptedSource } from "../../../src/testing/scripted-source.ts";
import { backends, openServer, type TestDatabase } from "../../support/postgres.ts";
import { END, held, minuteBars, START } from "../../support/small-backfill.ts";
import { freshStore } from "./fixtures.ts";

const series = makeSeries();

/** A client that has nothing but `query`: no pool, no COPY, no binary parameters. */
async function openQueryOnly(): Promise<TestDatabase> {
  const database = await openServer();
  const connection = await database.client.connect();
  const client: PostgresConnection = { query: (text, values) => connection.query(text, values) };
  const close = () => {
    connection.release();
    return database.close();
  };
  return { ...database, client, close };
}

describe.each([...backends, { name: "PostgreSQL, query() only", open: openQueryOnly }])("on $name", ({ open }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await open();
  });
  afterAll(() => database.close());

  describe("conformance", () => {
    runConformance({ cases: storeCases, create: () => freshStore(database), test });
  });

  test("two schemas hold their own bars and coverage", async () => {
    const [one, other] = [await freshStore(database), await freshStore(database)];
    await one.store.commit([{ series, bars: makeBars(0, 3) }], [{ series, interval: minutes(0, 3) }]);
    expect(await readAll(other.store, series)).toEqual([]);
    expect(await coverageOf(other.store, series)).toEqual([]);
    const counts = await other.store.commit([{ series, bars: makeBars(0, 3) }], []);
    expect(counts).toEqual({ inserted: 3, revised: 0, unchanged: 0 });
  });

  test("a bar that no column can hold costs itself alone in a backfill", async () => {
    const { store } = await freshStore(database);
    const good = minuteBars(12);
    const spoiled: Record<number, Partial<Bar>> = {
      2: { openTime: START + 2 * MINUTE_MS + 0.5 },
      5: { tradeCount: 1.5 },
      8: { tradeCount: 2 ** 31 },
    };
    const bars = { A: good.map((bar, i) => ({ ...bar, ...spoiled[i] })), B: minuteBars(3) };
    const backfill = createBackfill({ source: scriptedSource({ bars }), store, queue: memoryQueue() });
    const report = await backfill.run({ symbols: ["A", "B"], timeframes: ["1Min"], start: START, end: END });
    expect(report.halted).toBeUndefined();
    expect(report.badBars.map(({ openTime }) => openTime)).toEqual([2, 5, 8].map((i) => bars.A[i]?.openTime));
    expect(await held(store, "A")).toEqual(good.filter((_, i) => spoiled[i] === undefined));
    expect(await held(store, "B")).toEqual(minuteBars(3));
  });

  test("without the migrations, every call halts and says what to do", async () => {
    const store = postgresStore({ client: database.client, schema: database.freshSchema() });
    const expected = { code: "STORE_FAILED", disposition: "halt", hint: expect.stringContaining("Run the migrations") };
    await expect(store.commit([{ series, bars: makeBars(0, 1) }], [])).rejects.toMatchObject(expected);
    await expect(store.coverage([series], EVER)).rejects.toMatchObject(expected);
    await expect(readAll(store, series)).rejects.toMatchObject(expected);
  });

  test("names every time and trade count that no column can hold", async () => {
    const { store } = await freshStore(database);
    const bars = [makeBar(0, { openTime: 1e15 }), makeBar(1, { tradeCount: 2 ** 31 }), makeBar(2, { tradeCount: 0.5 })];
    await expect(store.commit([{ series, bars }], [])).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      issues: [
        { path: "bars[0].bars[0].openTime", received: "1000000000000000" },
        { path: "bars[0].bars[1].tradeCount", received: "2147483648" },
        { path: "bars[0].bars[2].tradeCount", received: "0.5" },
      ],
    });
  });

  test("the edges of what a column holds come back exactly, and an interval beyond them reads all", async () => {
    const { store } = await freshStore(database);
    const times = [-62_135_596_800_000, Date.UTC(2286, 0, 1, 0, 0, 0, 1), 253_370_764_799_999];
    const bars = times.map((openTime) => makeBar(0, { openTime }));
    await store.commit([{ series, bars }], []);
    const forever = { start: Number.MIN_SAFE_INTEGER, end: Number.POSITIVE_INFINITY };
    expect(await readAll(store, series, forever)).toEqual(bars);
  });

  test("coverage whose row was deleted by hand begins anew", async () => {
    const { store, schema } = await freshStore(database);
    const span = { series, interval: minutes(0, 3) };
    await store.commit([{ series, bars: makeBars(0, 3) }], [span]);
    await database.client.query(`delete from ${schema}.coverage`);
    expect(await coverageOf(store, series)).toEqual([]);
    const counts = await store.commit([{ series, bars: makeBars(0, 3) }], [span]);
    expect(counts).toEqual({ inserted: 0, revised: 0, unchanged: 3 });
    expect(await coverageOf(store, series)).toEqual([span.interval]);
  });

  test("bars and spans come back to the last bit where a session has numbers rounded", async () => {
    const { store } = await freshStore(database);
    const bars = [makeBar(0, { openTime: START + 7, close: 1 / 3, volume: 2 ** 53 - 1 })];
    const interval = { start: START + 1, end: START + 999 };
    await store.commit([{ series, bars }], [{ series, interval }]);
    // On a pool every connection, and none is busy.
    const { client } = database;
    const all = Array.from({ length: 10 }, () => client.query("select set_config('extra_float_digits', '-3', false)"));
    await Promise.all(all);
    expect(await readAll(store, series)).toEqual(bars);
    expect(await coverageOf(store, series)).toEqual([interval]);
    await Promise.all(Array.from({ length: 10 }, () => client.query("reset extra_float_digits")));
  });

  test("people read words, not ids", async () => {
    const { store, schema } = await freshStore(database);
    await store.commit([{ series, bars: [makeBar(0)] }], []);
    const { rows } = await database.client.query(`select * from ${schema}.bars_readable`);
    expect(rows).toMatchObject([{ provider: "test", symbol: "SPY", timeframe: "1Min", close: 11, trade_count: 7 }]);
  });
});
