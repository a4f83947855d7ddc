// The page of `barfill report --html`, as the published command writes it from a postgres server, in a real browser.
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportPage } from "../../src/cli/page/page.ts";
import { type ReportAnswer, reportAnswer } from "../../src/cli/report-answer.ts";
import type { Report } from "../../src/model/report.ts";
import { DAY_MS } from "../../src/model/units.ts";
import { coverageMaps } from "../../src/reporting/coverage-map.ts";
import { alpacaSimulator, syntheticMarket } from "../../src/testing/index.ts";
import { chromiumPath, openChromium } from "../support/chromium.ts";
import { command, freshFolder } from "../support/command.ts";
import { openServer, type ServerDatabase } from "../support/postgres.ts";

const executable = chromiumPath();

describe.skipIf(executable === undefined)("in Chromium", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await openChromium(executable ?? "");
  });
  afterAll(() => browser.close());

  /** The page of `file`, and what it asked for beside itself. */
  async function open(file: string, width = 1280, colorScheme: "light" | "dark" = "light") {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const asked: string[] = [];
    const broken: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    page.on("pageerror", (error) => broken.push(error.message));
    page.on("console", (message) => message.type() === "error" && broken.push(message.text()));
    await page.goto(pathToFileURL(file).href);
    return { page, asked, broken };
  }

  const figure = (page: Page, name: string) =>
    page.locator(`[data-figure=${name}]`).evaluate((one) => one.firstChild?.textContent);

  describe("of a store", () => {
    let database: ServerDatabase;
    let file: string;
    const schema = "barfill";

    beforeAll(async () => {
      database = await openServer();
      const simulator = alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: 100_000, burst: 10_000 });
      const server = await simulator.serve();
      const env = { DATABASE_URL: database.url, BARFILL_BASE_URL: server.url, BARFILL_REQUESTS_PER_MINUTE: "60000" };
      const symbols = ["AAPL", "BRK-B", "IBM", "SPY"].join();
      const wish = ["--symbols", symbols, "--timeframes", "1Hour,1Day", "--start", "2023-01-01", "--end", "2023-05-01"];
      await command(["migrate"], { env });
      await command(["run", ...wish], { env });
      // Ten days of one series, to be missing in the page and nowhere else.
      await database.client.query(
        `update ${schema}.coverage c set spans = spans - '{[2023-02-01Z,2023-02-11Z)}'::tstzmultirange
         from ${schema}.series s where s.id = c.series_id and s.symbol = 'IBM' and s.timeframe = '1Day'`,
      );
      file = join(await mkdtemp(join(tmpdir(), "barfill-page-")), "report.html");
      const made = await command(["report", ...wish, "--html", file, "--json"], { env });
      expect(made.code).toBe(2);
      await server.close();
    });
    afterAll(async () => {
      await rm(dirname(file), { recursive: true, force: true });
      await database.close();
    });

    test("its numbers are the store's", async () => {
      const { page, asked, broken } = await open(file);
      expect([asked.length, broken]).toEqual([1, []]);
      const query = async <Row>(sql: string) => (await database.client.query(sql)).rows as Row[];

      // Coverage, series by series, from the multiranges themselves.
      const held = await query<{ symbol: string; timeframe: string; ms: number; gaps: number }>(
        `select s.symbol, s.timeframe, sum(extract(epoch from upper(r) - lower(r)))::float8 * 1000 as ms, count(*)::int - 1 as gaps
         from ${schema}.series s join ${schema}.coverage c on c.series_id = s.id, unnest(c.spans) r group by 1, 2 order by 2, 1`,
      );
      const wanted = Date.parse("2023-05-01") - Date.parse("2023-01-01");
      for (const { symbol, timeframe, ms, gaps } of held) {
        const row = page.locator(`[data-timeframe="${timeframe}"] tr[data-symbol="${symbol}"]`);
        expect(Number(await row.getAttribute("data-covered"))).toBeCloseTo(ms / wanted, 10);
        expect(Number(await row.getAttribute("data-gaps"))).toBe(gaps);
      }
      expect(held).toHaveLength(6);
      expect(held.filter(({ gaps }) => gaps > 0)).toMatchObject([{ symbol: "IBM", timeframe: "1Day", gaps: 1 }]);
      expect(await figure(page, "covered")).toBe("5 of 8");

      // Runs, bars and requests, from the queue's table.
      const [runs] = await query<{ runs: number; bars: number; requests: number }>(
        `select count(*)::int as runs, sum(rows_written)::int as bars, sum(requests)::int as requests from ${schema}.job_runs`,
      );
      const [bars] = await query<{ bars: number }>(`select count(*)::int as bars from ${schema}.bars`);
      expect(await figure(page, "runs")).toBe(String(runs?.runs));
      expect(await figure(page, "bars")).toBe(bars?.bars.toLocaleString("en-US"));
      // All of it is over in less than a minute.
      expect(await figure(page, "busiest")).toBe(runs?.requests.toLocaleString("en-US"));
      expect(runs?.bars).toBe(bars?.bars);
      const answer = JSON.parse((await page.locator("#barfill-report").textContent()) ?? "") as ReportAnswer;
      const sum = (of: (bucket: ReportAnswer["activity"][number]) => number) =>
        answer.activity.reduce((total, bucket) => total + of(bucket), 0);
      expect(sum((bucket) => bucket.success)).toBe(runs?.runs);
      expect(sum((bucket) => bucket.requests)).toBeCloseTo(runs?.requests ?? Number.NaN, 6);
      expect(sum((bucket) => bucket.bars)).toBe(bars?.bars);
      expect(await page.locator("tr[data-slice]").count()).toBe(Math.min(20, runs?.runs ?? 0));

      const refused = await query<{ symbol: string; reason: string }>(
        `select symbol, reason from ${schema}.quarantine`,
      );
      expect(refused.map(({ symbol }) => symbol)).toEqual(["BRK-B"]);
      expect(await page.locator("[data-refused]").count()).toBe(1);
      expect(await page.locator('[data-refused="BRK-B"] td').last().textContent()).toBe(refused[0]?.reason);
      await page.close();
    });

    test.each([
      [390, "light"],
      [390, "dark"],
      [1280, "light"],
      [1280, "dark"],
    ] as const)("at %i pixels, %s: nothing sticks out, everything has a name", async (width, scheme) => {
      const { page } = await open(file, width, scheme);
      // As text: the types of a browser belong to no other file of this project.
      const { over, unnamed, ground, ink } = await page.evaluate<Record<string, number>>(`(() => {
        const style = getComputedStyle(document.body);
        const lightness = (colour) => colour.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
        const named = [...document.querySelectorAll("svg, [role=region]")];
        return {
          over: document.documentElement.scrollWidth - innerWidth,
          unnamed: named.filter((one) => !one.getAttribute("aria-label")).length,
          ground: lightness(style.backgroundColor),
          ink: lightness(style.color),
        };
      })()`);
      expect({ over, unnamed }).toEqual({ over: 0, unnamed: 0 });
      expect(Number(ink) < Number(ground)).toBe(scheme === "light");
      await page.close();
    });
  });

  test("a thousand symbols stay readable: what lacks most comes first, and can be filtered", async () => {
    const file = join(await freshFolder(), "many.html");
    await writeFile(
      file,
      pageOf(
        Array.from({ length: 1000 }, (_, i) => `S${i}`),
        { missing: "S777" },
      ),
    );
    const { page } = await open(file, 390);
    expect(await page.locator("tr[data-symbol]").first().getAttribute("data-symbol")).toBe("S777");
    const box = await page.locator(".scroll").first().boundingBox();
    expect(box?.height).toBeLessThan(500);
    await page.getByRole("checkbox").check();
    expect(await page.locator("tr[data-symbol]:visible").count()).toBe(1);
    await page.getByRole("checkbox").uncheck();
    await page.getByRole("searchbox").fill("s99");
    expect(await page.locator("tr[data-symbol]:visible").count()).toBe(11);
    expect(await page.locator("output").textContent()).toBe("11 of 1000 series");
    await page.close();
  });

  test("what others wrote stays text: no markup of it, no script", async () => {
    const evil = `</script><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'"&`;
    const file = join(await freshFolder(), "evil.html");
    await writeFile(file, pageOf([evil], { missing: evil, reason: evil, target: evil }));
    const { page, asked } = await open(file);
    expect(asked).toHaveLength(1);
    expect(await page.evaluate("window.pwned")).toBeUndefined();
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.locator("tr[data-symbol]").getAttribute("data-symbol")).toBe(evil);
    expect(await page.locator("[data-refused] td").last().textContent()).toBe(evil);
    expect(await page.locator("[data-failed] td").last().textContent()).toBe(evil);
    const answer = JSON.parse((await page.locator("#barfill-report").textContent()) ?? "") as ReportAnswer;
    expect(answer.target).toBe(evil);
    await page.close();
  });
});

test("the page names nothing outside of itself", async () => {
  const page = pageOf(["SPY"], {});
  expect(page).not.toMatch(/https?:|<link|@import|url\(/);
  expect(await readFile(new URL("../../src/cli/page/style.ts", import.meta.url), "utf8")).not.toContain("url(");
});

/** Ten days of daily bars of `symbols`, of which `missing` lacks all. */
function pageOf(
  symbols: readonly string[],
  { missing, reason = "refused", target = "a database" }: { missing?: string; reason?: string; target?: string },
): string {
  const interval = { start: 0, end: 10 * DAY_MS };
  const all = symbols.map(
    (symbol) => ({ provider: "alpaca", symbol, timeframe: "1Day", feed: "sip", adjustment: "raw" }) as const,
  );
  const report = {
    complete: missing === undefined,
    series: all.map((series) => ({ series, state: series.symbol === missing ? "missing" : "covered" })),
    wanted: all.map((series) => ({ series, interval })),
    gaps: all.filter(({ symbol }) => symbol === missing).map((series) => ({ series, intervals: [interval] })),
    withheld: [],
    quarantined: missing === undefined ? [] : [{ symbol: missing, reason, since: 0 }],
    failed: [{ label: reason, timeframe: "1Day", error: { code: "UNEXPECTED", message: reason } }],
  } as unknown as Report;
  const maps = coverageMaps(report, 20);
  const run = {
    sliceId: "1",
    timeframe: "1Day",
    interval,
    symbols: 1,
    firstSymbol: missing ?? "SPY",
    attempt: 1,
    bars: 0,
    requests: 1,
  } as const;
  const error = { code: "UNEXPECTED", message: reason };
  const runs = [{ ...run, label: reason, state: "failed", startedAt: 0, finishedAt: 5000, error }] as const;
  const input = { target, provider: "alpaca", at: 0, requestsPerMinute: 200, report, maps, queue: [] };
  return reportPage(reportAnswer({ ...input, history: { runs, total: 1 } }), maps);
}
