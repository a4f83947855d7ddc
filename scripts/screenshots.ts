// npx tsx scripts/screenshots.ts: the page of `barfill report --html` in Chromium, of a desktop and of a phone, light
// and dark: the tops of two of them into docs/, and all four as a whole into the folder that is named, or a temporary
// one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { PGlite } from "@electric-sql/pglite";
import { alpacaSimulator, syntheticMarket } from "barfill/testing";
import { SYMBOLS } from "../examples/workload.ts";
import { runCommandLine } from "../src/cli/program.ts";
import { chromiumPath, openChromium } from "../test/support/chromium.ts";

const VIEWS = {
  desktop: { width: 1180, height: 1060 },
  phone: { width: 390, height: 844 },
};
const SHOWN: Readonly<Record<string, string>> = {
  "desktop-light": "docs/report.png",
  "phone-dark": "docs/report-phone.png",
};
const RATE = 2000;

const executable = chromiumPath();
if (executable === undefined) process.exit(1);
const folder = resolve(process.argv[2] ?? mkdtempSync(join(tmpdir(), "barfill-screenshots-")));
const work = mkdtempSync(join(tmpdir(), "barfill-market-"));
try {
  await shoot(executable, await pageOf(join(work, "market")));
} finally {
  rmSync(work, { recursive: true });
}
console.log(`four pictures in ${folder}, two of them in docs/`);

/** A page of a backfill that lacks some: a symbol misspelt, and what the queue and the store were made to forget. */
async function pageOf(database: string): Promise<string> {
  const server = await alpacaSimulator({ market: syntheticMarket(), requestsPerMinute: RATE }).serve();
  const symbols = SYMBOLS.replace("BRK.A", "BRK-B").split(" ").join();
  const wish = ["--symbols", symbols, "--timeframes", "1Hour,1Day", "--start", "2023-06-01", "--end", "2024-06-01"];
  const into = ["--folder", database, "--base-url", server.url, "--requests-per-minute", String(RATE)];
  await type("run", ...wish, ...into, "--label", "US_BATCH");
  await server.close();

  const client = await PGlite.create(database);
  const holes: readonly (readonly [symbol: string, timeframe: string, from: string, to: string])[] = [
    ["XOM", "1Hour", "2023-01-01", "2025-01-01"],
    ["ZIM", "1Hour", "2023-01-01", "2025-01-01"],
    ["VZ", "1Hour", "2023-07-01", "2025-01-01"],
    ["WMT", "1Hour", "2023-12-01", "2025-01-01"],
    ["NVDA", "1Hour", "2023-08-10", "2023-09-01"],
    ["SPY", "1Hour", "2024-01-10", "2024-01-12"],
    ["TSLA", "1Day", "2024-02-01", "2024-03-01"],
  ];
  for (const [symbol, timeframe, from, to] of holes) {
    await client.query(
      `update barfill.coverage c set spans = spans - tstzmultirange(tstzrange($3, $4))
       from barfill.series s where s.id = c.series_id and s.symbol = $1 and s.timeframe = $2`,
      [symbol, timeframe, `${from}Z`, `${to}Z`],
    );
  }
  await client.query(
    `update barfill.job_runs set status = 'failed', error_code = 'SOURCE_UNAVAILABLE',
       error_message = 'the source answered 503'
     where slice_id = (select slice_id from barfill.job_runs where slice -> 'symbols' ? 'XOM' and timeframe = '1Hour' limit 1)`,
  );
  await client.close();
  const page = join(work, "report.html");
  await type("report", ...wish, ...into, "--html", page);
  // The picture is of no machine.
  writeFileSync(page, readFileSync(page, "utf8").replaceAll(database, "market"));
  return page;
}

async function type(...words: readonly string[]): Promise<void> {
  const code = await runCommandLine(words, process);
  if (code !== 0 && code !== 2) throw new Error(`barfill ${words[0]} ended with ${code}`);
}

async function shoot(executablePath: string, file: string): Promise<void> {
  const browser = await openChromium(executablePath);
  for (const [view, viewport] of Object.entries(VIEWS)) {
    for (const colorScheme of ["light", "dark"] as const) {
      const page = await browser.newPage({ viewport, colorScheme });
      await page.goto(pathToFileURL(file).href);
      const name = `${view}-${colorScheme}`;
      await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
      const shown = SHOWN[name];
      if (shown !== undefined) await page.screenshot({ path: shown });
    }
  }
  await browser.close();
}
