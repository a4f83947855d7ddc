import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { csvMarket } from "../../../src/testing/market/csv.ts";
import { alpacaSimulator } from "../../../src/testing/simulator/index.ts";
import { walkPages } from "../simulator/ask.ts";

const ALL = { start: Date.UTC(1990, 0, 1), end: Date.UTC(2030, 0, 1) };
const ROWS =
  "t,o,h,l,c,v\n2014-06-05T08:15:00Z,644.8,644.9,644.7,644.75,90\n2014-06-05T08:44:00Z,645.5,645.5,645.5,645.5,10\n";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "csv-market-"));
  mkdirSync(join(folder, "1Min"));
  mkdirSync(join(folder, "1Hour"));
  writeFileSync(join(folder, "1Min", "AAPL.csv.gz"), gzipSync(ROWS));
  writeFileSync(join(folder, "1Min", "BRK.B.csv"), ROWS);
  // The last bar of a half day and one at its end, when only minutes of neither are left.
  const hours =
    "t,o,h,l,c,v\n2012-11-23T21:00:00Z,1,1,1,1,5\n2012-11-26T08:00:00Z,1,1,1,1,5\n2012-11-26T15:00:00Z,1,1,1,1,5\n";
  writeFileSync(join(folder, "1Hour", "AAPL.csv"), hours);
  writeFileSync(
    join(folder, "1Hour", "BAD.csv"),
    "t,o,h,l,c,v\n2012-11-23T21:00:00Z,1,1,1,1,5\n2012-11-23T22:00:00Z,1,1,x,1,5\n",
  );
  writeFileSync(join(folder, "1Hour", "SHORT.csv"), "t,o,h,l,c,v\n2012-11-23T21:00:00Z,1,1,1\n");
  writeFileSync(
    join(folder, "1Hour", "TWICE.csv"),
    "t,o,h,l,c,v\n2012-11-23T21:00:00Z,1,1,1,1,5\n2012-11-23T21:00:00Z,1,1,1,1,5\n",
  );
  writeFileSync(join(folder, "1Hour", "HEAD.csv"), "time,open\n");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("csvMarket", () => {
  it("replays what the file says, packed or not", () => {
    const market = csvMarket(folder);
    const openTime = Date.UTC(2014, 5, 5, 8, 15);
    const first = { openTime, open: 644.8, high: 644.9, low: 644.7, close: 644.75, volume: 90, minutes: 1 };
    expect([...market.bars("AAPL", "1Min", ALL)]).toHaveLength(2);
    expect([...market.bars("AAPL", "1Min", { start: openTime, end: openTime + 1 })]).toEqual([first]);
    expect([...market.bars("AAPL", "1Min", { start: openTime + 1, end: openTime + 1 })]).toEqual([]);
    expect([...market.bars("BRK.B", "1Min", ALL)]).toEqual([...market.bars("AAPL", "1Min", ALL)]);
    expect(market.symbols("1Min")).toEqual(["AAPL", "BRK.B"]);
    expect(market.symbols("4Hour")).toEqual([]);
    expect(market.assets().map((asset) => asset.symbol)).toContain("BRK.B");
  });

  it("has no bars of what it has no file for", () => {
    const market = csvMarket(folder);
    expect([...market.bars("AAPL", "4Hour", ALL)]).toEqual([]);
    expect([...market.bars("NONE", "1Min", ALL)]).toEqual([]);
    expect(market.count("NONE", "1Min", ALL)).toEqual({ bars: 0, minutes: 0 });
  });

  it("weighs a bar by the minutes that it shares with the session", () => {
    const market = csvMarket(folder);
    // 21:00Z on a half day is 16:00 to 17:00 New York, its last hour; 08:00Z is 03:00, before the day begins.
    expect([...market.bars("AAPL", "1Hour", ALL)].map((bar) => bar.minutes)).toEqual([60, 1, 60]);
    expect(market.count("AAPL", "1Hour", ALL)).toEqual({ bars: 3, minutes: 121 });
  });

  it("names the file and the line of a bad row, when the file is first read", () => {
    const market = csvMarket(folder);
    expect(() => [...market.bars("BAD", "1Hour", ALL)]).toThrow(/BAD\.csv:3: expected t,o,h,l,c,v, received 2012/);
    expect(() => [...market.bars("SHORT", "1Hour", ALL)]).toThrow(/SHORT\.csv:2/);
    expect(() => market.count("TWICE", "1Hour", ALL)).toThrow(/TWICE\.csv:3: .* does not come after/);
    expect(() => market.count("HEAD", "1Hour", ALL)).toThrow(/HEAD\.csv:1: expected the header/);
  });

  it("says when the folder is missing or holds nothing", () => {
    expect(() => csvMarket(join(folder, "nowhere"))).toThrow(/there is no folder .*nowhere/);
    expect(() => csvMarket(join(folder, "1Min"))).toThrow(/holds no <timeframe>/);
  });
});

const realData = process.env["BARFILL_DATA_DIR"];
if (realData === undefined)
  process.stdout.write("SKIPPED: BARFILL_DATA_DIR is not set, so no real bars are replayed\n");

describe.skipIf(realData === undefined)("csvMarket on real bars", () => {
  it.each(["1Min", "1Hour", "1Day"] as const)("serves every %s bar of the files over all pages", async (timeframe) => {
    const market = csvMarket(join(realData ?? "", "bars"));
    const symbols = market.symbols(timeframe);
    const simulator = alpacaSimulator({ market, requestsPerMinute: 1e6, burst: 1e6 });
    const walk = { timeframe, start: "1998-01-01", end: "2025-01-01", limit: "10000" };
    const { bars, pages } = await walkPages(simulator, { ...walk, symbols: symbols.join(",") });
    for (const symbol of symbols) {
      const served = bars.get(symbol)?.map((bar) => [Date.parse(bar.t), bar.o, bar.h, bar.l, bar.c, bar.v]);
      const held = [...market.bars(symbol, timeframe, ALL)].map((b) => [
        b.openTime,
        b.open,
        b.high,
        b.low,
        b.close,
        b.volume,
      ]);
      expect(served).toEqual(held);
      expect(bars.get(symbol)?.[0]).not.toHaveProperty("n");
      expect(bars.get(symbol)?.[0]).not.toHaveProperty("vw");
    }
    expect(pages).toBe(simulator.requestsFor({ symbols, timeframe, ...ALL }));
    expect(pages).toBeGreaterThanOrEqual(simulator.leastRequests({ symbols, timeframe, ...ALL }));
  });
});
