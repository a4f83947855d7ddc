// Why runs failed, as every command tells it, in this process, on a real postgres server.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate, postgresQueue, postgresStore } from "../../src/adapters/postgres/index.ts";
import { failedLines, failedRuns } from "../../src/cli/failed-runs.ts";
import { seriesOf } from "../../src/model/slice.ts";
import { sliceAt } from "../../src/testing/conformance/queue/fixtures.ts";
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

test("a run that was set to failed by hand is counted too", () => {
  expect(failedLines(failedRuns([{ timeframe: "1Day" }]))[0]).toBe("failed: 1Day: no reason is kept (1 run)");
  expect(failedLines([])).toEqual([]);
});
