import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Bar, Series } from "barfill";
import { runConformance, storeCases } from "barfill/testing";
import sqlite from "node-sqlite3-wasm";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqliteStore } from "../../examples/support/sqlite-store.ts";

const series: Series = { provider: "test", symbol: "SPY", timeframe: "1Min", feed: "sip", adjustment: "raw" };
const bar = (openTime: number, close = 1): Bar => ({ openTime, open: 1, high: 2, low: 1, close, volume: 5 });

function open(path = ":memory:") {
  const db = new sqlite.Database(path);
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return db;
}

describe("conformance", () => {
  runConformance({
    cases: storeCases,
    create: async () => {
      const db = new sqlite.Database(":memory:");
      return { store: sqliteStore(db), dispose: () => db.close() };
    },
    test,
  });
});

test("a bar that comes twice is one bar, and unchanged when it comes again", async () => {
  const store = sqliteStore(open());
  const bars = [
    { series, bars: [bar(1, 8), bar(2)] },
    { series, bars: [bar(1, 9)] },
  ];
  expect(await store.commit(bars, [])).toEqual({ inserted: 2, revised: 0, unchanged: 1 });
  expect(await store.commit(bars, [])).toEqual({ inserted: 0, revised: 0, unchanged: 3 });
});

test("pages lose nothing of bars a millisecond apart", async () => {
  const store = sqliteStore(open());
  const bars = Array.from({ length: 2001 }, (_, openTime) => bar(openTime));
  await store.commit([{ series, bars }], []);
  const read: Bar[] = [];
  for await (const held of store.read(series, { start: 0, end: 2001 })) read.push(held);
  expect(read).toEqual(bars);
});

describe("errors", () => {
  test("name every time that is none", async () => {
    const commit = sqliteStore(open()).commit(
      [{ series, bars: [bar(1), bar(0.5)] }],
      [{ series, interval: { start: Number.NaN, end: 1e300 } }],
    );
    await expect(commit).rejects.toMatchObject({
      code: "OPTIONS_INVALID",
      issues: [
        { path: "bars[0].bars[1].openTime", received: "0.5" },
        { path: "covered[0].interval.start", received: "NaN" },
        { path: "covered[0].interval.end", received: "1e+300" },
      ],
    });
  });

  test("of the database halt, and leave nothing of the commit behind", async () => {
    const db = open();
    const store = sqliteStore(db);
    const bars = [{ series, bars: [bar(1), bar(2, Number.NaN)] }];
    await expect(store.commit(bars, [])).rejects.toMatchObject({
      code: "STORE_FAILED",
      disposition: "halt",
      message: "SQLite: NOT NULL constraint failed: bars.close",
      cause: { name: "SQLite3Error" },
    });
    expect(db.get("select count(*) as bars from bars")).toEqual({ bars: 0 });
    expect(await store.commit([{ series, bars: [bar(1)] }], [])).toEqual({ inserted: 1, revised: 0, unchanged: 0 });
  });

  test("of a lock are tried again", async () => {
    const folder = await mkdtemp(join(tmpdir(), "barfill-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const store = sqliteStore(open(join(folder, "bars.db")));
    const other = open(join(folder, "bars.db"));
    other.exec("begin immediate");
    const commit = () => store.commit([{ series, bars: [bar(1)] }], []);
    await expect(commit()).rejects.toMatchObject({ code: "STORE_FAILED", disposition: "retry" });
    other.exec("rollback");
    expect(await commit()).toEqual({ inserted: 1, revised: 0, unchanged: 0 });
  });

  test("say what to change", async () => {
    const db = open();
    const store = sqliteStore(db);
    db.exec("begin");
    await expect(store.commit([], [])).rejects.toMatchObject({ hint: expect.stringContaining("transaction open") });
    expect(db.inTransaction).toBe(true);
    db.close();
    await expect(store.coverage([series], { start: 0, end: 9 })).rejects.toMatchObject({
      disposition: "halt",
      hint: "close the database after the backfill, not before",
    });
    expect(() => sqliteStore(db)).toThrow("SQLite: Database already closed");
  });
});

test("what is stored outlives the connection", async () => {
  const folder = await mkdtemp(join(tmpdir(), "barfill-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, "bars.db");
  const first = open(path);
  const within = { start: 0, end: 9 };
  await sqliteStore(first).commit([{ series, bars: [bar(1)] }], [{ series, interval: within }]);
  first.close();
  const store = sqliteStore(open(path));
  expect([...(await store.coverage([series], within)).values()]).toEqual([[within]]);
  for await (const held of store.read(series, within)) expect(held).toEqual(bar(1));
});
