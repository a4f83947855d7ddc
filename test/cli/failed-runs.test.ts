// Why runs failed, as every command tells it, in this process, on a real postgres server.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate, postgresQueue, postgresStore } from "../../src/adapters/postgres/index.ts";
import { failedLines, failedRuns } from "../../src/cli/failed-runs.ts";
import { makeSlice, type Slice, seriesOf } from "../../src/model/slice.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { freshFolder } from "../support/command.ts";
import { openServer } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

const SPAN = { start: Date.parse("2023-06-01"), end: Date.parse("2023-07-01") };
const slice = (hour: number, symbols: readonly string[], label: string, span: Partial<typeof SPAN> = {}) =>
  sliceAt(hour, { provider: "alpaca", symbols, timeframe: "1Day", label, interval: { ...SPAN, ...span } });

test("status, report and its page say why runs failed, and which series lack something of them", async () => {
  const database = await openServer();
  await migrate(database.client);
  const queue = postgresQueue({ client: database.client });
  const store = postgresStore({ client: database.client });
  const slices = [
    slice(0, ["IBM", "SPY"], "US_1"),
    slice(1, ["QQQ"], "US_2", { end: Date.parse("2023-06-11") }),
    slice(2, ["GLD"], "US_2"),
    slice(3, ["TLT"], "EU"),
  ];
  await queue.enqueue(slices);
  const leases = await queue.lease({ workerId: "w", token: "t", limit: 4, ttlMs: 60_000 });
  for (const lease of leases) {
    const message = lease.slice.label === "EU" ? "no such feed" : `no answer (request ${lease.slice.id})`;
    await queue.fail(lease, { code: "SOURCE_UNAVAILABLE", message });
  }
  // SPY came another way since, and so did what QQQ lacked of its slice, though not all that is wanted of it.
  const [spy, qqq] = [slices[0], slices[1]].map((one) => seriesOf(one ?? slice(0, [], "")).at(-1));
  if (spy === undefined || qqq === undefined) throw new Error("no series");
  await store.commit(
    [],
    [
      { series: spy, interval: SPAN },
      { series: qqq, interval: { ...SPAN, end: Date.parse("2023-06-21") } },
    ],
  );

  const env = { DATABASE_URL: database.url };
  const status = (await typed(["status", "--json", "--label", "US"], env)).json();
  expect(status.failed).toMatchObject([
    { label: "US_2", timeframe: "1Day", runs: 2, error: { code: "SOURCE_UNAVAILABLE" } },
    { label: "US_1", timeframe: "1Day", runs: 1 },
  ]);
  const told = (await typed(["status"], env)).stdout;
  expect(told).toMatch(
    /\nfailed: US_2 1Day: no answer \(request .*\) \(2 runs\)\nfailed: US_1 1Day: no answer .* \(1 run\)\n/,
  );
  expect(told).toMatch(/\nfailed: EU 1Day: no such feed \(1 run\)\nto try again: barfill retry .*\n$/);
  expect((await typed(["status", "--timeframe", "h1", "--json"], env)).json()).toEqual({ counts: [], failed: [] });

  const file = join(await freshFolder(), "report.html");
  const symbols = ["IBM", "SPY", "QQQ", "GLD", "AAPL"].join();
  const wish = ["--symbols", symbols, "--timeframes", "1Day", "--start", "2023-06-01", "--end", "2023-07-01"];
  const report = (await typed(["report", ...wish, "--html", file, "--json"], env)).json();
  expect(report.series).toMatchObject({ all: 5, covered: 1, failed: 2, partly: 1, missing: 1 });
  expect(report.failed).toHaveLength(3);
  expect((await typed(["report", ...wish], env)).stdout).toContain("failed: EU 1Day: no such feed (1 run)\n");
  expect(await readFile(file, "utf8")).toMatch(/<tr data-failed="2"><th scope="row">US_2<.*no answer/);
  await database.close();
});

test("work ends by what is lacking now and by what failed in its hands, not by runs that failed long ago", async () => {
  const database = await openServer();
  await migrate(database.client);
  const queue = postgresQueue({ client: database.client });
  const store = postgresStore({ client: database.client });
  const simulator = alpacaSimulator({ market: syntheticMarket(), faults: [{ kind: "bad-bar" }] });
  await using server = await simulator.serve();
  const env = {
    DATABASE_URL: database.url,
    BARFILL_BASE_URL: server.url,
    APCA_API_KEY_ID: "k",
    APCA_API_SECRET_KEY: "s",
  };
  const slices = [slice(0, ["IBM", "SPY"], "US"), slice(1, ["QQQ"], "US")];
  await queue.enqueue(slices);
  for (const lease of await queue.lease({ workerId: "w", token: "t", limit: 2, ttlMs: 60_000 })) {
    await queue.fail(lease, { code: "SOURCE_UNAVAILABLE", message: "no answer" });
  }
  const cover = (one: Slice | undefined) =>
    store.commit([], one === undefined ? [] : seriesOf(one).map((series) => ({ series, interval: SPAN })));

  await cover(slices[0]);
  const lacking = await typed(["work", "--json"], env);
  expect([lacking.code, lacking.json().left]).toEqual([2, { queued: 0, running: 0, failed: 2, lacking: 1 }]);
  await cover(slices[1]);
  const covered = await typed(["work"], env);
  expect(covered.stdout).toContain("left: 0 queued, 0 running, 2 failed, 0 of which still lack bars\n");
  expect(covered.code).toBe(0);

  // One that asks again lacks no bar, held as they are: it is the call in which it failed that says so.
  const again = makeSlice({ ...slice(2, ["IBM"], "US"), again: SPAN.end });
  await queue.enqueue([again]);
  const failing = await typed(["work", "--json"], env);
  expect([failing.code, failing.json().runs.failed, failing.json().left.lacking]).toEqual([2, 1, 0]);
  expect((await typed(["work", "--json"], env)).code).toBe(0);
  await database.close();
});

test("a run that was set to failed by hand is counted too", () => {
  expect(failedLines(failedRuns([{ timeframe: "1Day" }]))[0]).toBe("failed: 1Day: no reason is kept (1 run)");
  expect(failedLines([])).toEqual([]);
});
