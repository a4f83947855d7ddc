// A rate that is learned, as every command shows it, in this process, on a real postgres server and a served simulator.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { migrate } from "../../src/adapters/postgres/index.ts";
import { progressText } from "../../src/cli/progress-line.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { freshFolder } from "../support/command.ts";
import { openServer } from "../support/postgres.ts";
import { typed } from "../support/typed.ts";

const WISH = ["--symbols", "SPY", "--timeframes", "1Day", "--start", "2023-06-01", "--end", "2023-09-01"];
const LEARN = ["--requests-per-minute", "learn"];

test("a rate that is learned works, and nobody is told of an allowance that nobody knows", async () => {
  const database = await openServer();
  const server = await alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 1000 }).serve();
  await migrate(database.client);
  const env = { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url, BARFILL_REQUESTS_PER_MINUTE: "learn" };
  const ran = await typed(["run", ...WISH, "--json"], env);
  expect([ran.code, ran.json().requests]).toEqual([0, 1]);
  expect(ran.stderr).toContain("at 200 requests a minute, from where it learns");
  expect(ran.stderr).not.toContain("budget");

  const file = join(await freshFolder(), "report.html");
  const report = await typed(["report", ...WISH, "--html", file, "--json"], env);
  expect([report.code, report.json().requestsPerMinute]).toEqual([0, "learn"]);
  const page = await readFile(file, "utf8");
  expect(page).toContain('data-allowed="learn"');
  expect(page).not.toMatch(/NaN|class="allowance"|of the allowance/);
  const allowedBy = async (rate: string) =>
    (await typed(["report", ...WISH], { ...env, BARFILL_REQUESTS_PER_MINUTE: rate })).stdout;
  expect(await allowedBy("learn")).toContain("busiest minute: at least 1 request; what is allowed is learned\n");
  expect(await allowedBy("300")).toContain("; 300 allowed by the settings\n");
  expect(await allowedBy("")).toContain("; 200 allowed by default: pass the --requests-per-minute that run had\n");

  const { checks } = (await typed(["doctor", "--json"], env)).json();
  const rate = checks.find(({ name }: { name: string }) => name === "rate");
  expect(rate).toEqual({ name: "rate", state: "ok", found: "1,000 requests a minute are allowed, which is learned" });
  await server.close();
  await database.close();
});

test("a plan counts minutes at the rate that learning begins with", async () => {
  const { code, json } = await typed(["plan", ...WISH, ...LEARN, "--json"]);
  const { requestsPerMinute, requests, minutes } = json();
  expect([code, requestsPerMinute, minutes.expected]).toEqual([0, 200, requests.expected / 200]);
  expect((await typed(["plan", ...WISH, ...LEARN])).stdout).toContain("at 200 requests a minute, from where it learns");
});

test("progress has a share of the budget where there is one", () => {
  const seen = { slices: 1, failed: 0, requests: 5, bars: 9, requestsPerMinute: 50, budgetUsed: 0.25, elapsedMs: 1 };
  expect(progressText(seen, { slices: 4, requests: 20, rate: 200 })).toContain(
    "50 requests a minute (25 % of the budget)",
  );
  expect(progressText(seen, { slices: 4, requests: 20, rate: "learn" })).toMatch(/50 requests a minute$/);
});

test("time to go is not told when all slices are over, nor when more was sent than was expected", () => {
  const seen = { slices: 3, failed: 0, requests: 5, bars: 9, requestsPerMinute: 1, budgetUsed: 0.25, elapsedMs: 1 };
  const totals = { slices: 4, requests: 20, rate: 200 };
  expect(progressText({ ...seen, etaMs: 66_000 }, totals)).toMatch(/1 request a minute .*, 1 min 6 s to go$/);
  expect(progressText({ ...seen, etaMs: 0 }, totals)).toMatch(/budget\)$/);
  expect(progressText({ ...seen, slices: 4, etaMs: 66_000 }, totals)).toMatch(/100 % .*budget\)$/);
});
