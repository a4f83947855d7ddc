// A worker with nothing in hand says whom it waits for, in this process, on a real postgres server.
import { expect, test, vi } from "vitest";
import { migrate, postgresQueue } from "../../src/adapters/postgres/index.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { openServer } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

test.each([
  ["work"],
  ["run", "--symbols", "IBM", "--timeframes", "1Day", "--start", "2023-06-01", "--end", "2023-06-02"],
])("%s says what it waits for", async (...words) => {
  const database = await openServer();
  const server = await alpacaSimulator({ market: syntheticMarket() }).serve();
  await migrate(database.client);
  const queue = postgresQueue({ client: database.client });
  const of = (hour: number, symbol: string) =>
    sliceAt(hour, { provider: "alpaca", symbols: [symbol], timeframe: "1Day" });
  await queue.enqueue([of(0, "SPY")]);
  await queue.lease({ workerId: "the-other", token: "t", limit: 1, ttlMs: 600_000 });
  await queue.enqueue([of(1, "QQQ")]);
  let said = "";
  const hear = (text: string) => {
    said += text;
  };
  const ended = typed(words, { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url }, { hear });
  // It works what is free, and then it waits for the other one, until that is cancelled.
  await vi.waitUntil(() => said.includes("waiting: 1 run is leased by the-other until "), { timeout: 100_000 });
  await queue.cancel({});
  expect((await ended).code).toBe(0);
  await server.close();
  await database.close();
});
