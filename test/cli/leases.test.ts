// Who is waited for, told before a worker begins, in this process, on a real postgres server.
import { expect, test, vi } from "vitest";
import { migrate, postgresQueue } from "../../src/adapters/postgres/index.ts";
import { leaseLines } from "../../src/cli/leases.ts";
import type { RunningRun } from "../../src/contracts/slice-queue.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { openServer } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

const END = Date.parse("2026-11-24T03:11:29.400Z");
const held = (workerId: string, expiresAt: number): RunningRun => {
  return { slice: sliceAt(0), workerId, attempt: 1, since: 0, expiresAt, bars: 0 };
};

test("one line a worker, to the second after its last lease; none for leases that are over", () => {
  const running = [held("a", END - 5000), held("b", END), held("a", END), held("gone", 5)];
  expect(leaseLines(running, 5)).toEqual([
    "2 runs are leased by a until 2026-11-24T03:11:30Z; they are taken over then if a is dead",
    "1 run is leased by b until 2026-11-24T03:11:30Z; it is taken over then if b is dead",
  ]);
  const many = Array.from({ length: 30 }, (_, i) => held(`w${i}`, END));
  expect(leaseLines(many, 5).at(-1)).toBe("… and 10 more");
});

test.each([
  ["work"],
  ["run", "--symbols", "IBM", "--timeframes", "1Day", "--start", "2023-06-01", "--end", "2023-06-02"],
])("%s says what others hold before it begins", async (...words) => {
  const database = await openServer();
  const server = await alpacaSimulator({ market: syntheticMarket() }).serve();
  await migrate(database.client);
  const queue = postgresQueue({ client: database.client });
  const of = (hour: number, symbol: string) =>
    sliceAt(hour, { provider: "alpaca", symbols: [symbol], timeframe: "1Day" });
  await queue.enqueue([of(0, "SPY")]);
  await queue.lease({ workerId: "the-other", token: "t", limit: 1, ttlMs: 600_000 });
  await queue.enqueue([of(1, "QQQ")]);
  const ended = typed(words, { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url });
  // Once it works, it has said so; and then it waits for the other one, until that is cancelled.
  const isOver = async () => (await queue.counts({ states: ["success"] })).length > 0;
  await vi.waitUntil(isOver, { timeout: 20_000, interval: 20 });
  await queue.cancel({});
  expect((await ended).stderr).toMatch(
    /1 run is leased by the-other until .*Z; it is taken over then if the-other is dead\n/,
  );
  await server.close();
  await database.close();
});
