import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ask, askPage, simulate, walkPages } from "./ask.ts";

const simulator = simulate();
const MINUTES = { timeframe: "1Min", start: "2022-01-03T14:30:00Z", end: "2022-01-03T20:59:00Z" };

describe("pages", () => {
  it("hold 1000 bars over all symbols when nothing else is asked for, symbol by symbol", async () => {
    const { bars, sizes } = await walkPages(simulator, { ...MINUTES, symbols: "SPY,AAPL,QQQ" });
    expect(sizes).toEqual([1000, 170]);
    expect([...bars.keys()]).toEqual(["AAPL", "QQQ", "SPY"]);
    for (const series of bars.values()) {
      expect(series).toHaveLength(390);
      expect(series.map((bar) => bar.t)).toEqual(series.map((bar) => bar.t).sort());
    }
  });

  it("may hold the first symbol only", async () => {
    const page = await askPage(simulator, { ...MINUTES, symbols: "SPY,AAPL", limit: "100" });
    expect(Object.keys(page.bars ?? {})).toEqual(["AAPL"]);
  });

  it("end with a token that names the last bar", async () => {
    const page = await askPage(simulator, { ...MINUTES, symbols: "SPY", limit: "2" });
    expect(atob(page.next_page_token ?? "")).toBe("SPY|M|2022-01-03T14:31:00.000000000Z");
    const days = await askPage(simulator, { symbols: "SPY", timeframe: "1Day", start: "2022-01-03", limit: "1" });
    expect(atob(days.next_page_token ?? "")).toBe("SPY|D|2022-01-03T05:00:00.000000000Z");
  });

  it("go on strictly after the bar of the token", async () => {
    const page_token = btoa("SPY|M|2022-01-03T14:31:00.000000000Z");
    const page = await askPage(simulator, { ...MINUTES, symbols: "SPY", page_token, limit: "1" });
    expect(page.bars?.["SPY"]?.[0]?.t).toBe("2022-01-03T14:32:00Z");
  });

  it("take either spelling of a token", async () => {
    const page_token = btoa(`SPY|M|${Date.parse("2022-01-03T14:31:00Z")}000000`);
    const page = await askPage(simulator, { ...MINUTES, symbols: "SPY", page_token, limit: "1" });
    expect(page.bars?.["SPY"]?.[0]?.t).toBe("2022-01-03T14:32:00Z");
  });

  it("refuse the token of another walk as far as it shows", async () => {
    const token = (text: string) => ask(simulator, { ...MINUTES, symbols: "SPY", page_token: btoa(text) });
    expect((await token("SPY|M|2022-01-03T14:31:00.000000000Z")).status).toBe(200);
    for (const text of [
      "QQQ|M|2022-01-03T14:31:00.000000000Z",
      "SPY|D|2022-01-03T14:31:00.000000000Z",
      "SPY|M|2022-01-03T14:29:00.000000000Z",
      "SPY|M|2022-01-03T21:00:00.000000000Z",
      "SPY|M|2022-01-03T14:31:30.000000000Z",
      "SPY|M|yesterday",
      "SPY|M",
      "SPY|M|2022-01-03T14:31:00.000000000Z|more",
    ]) {
      const response = await token(text);
      expect([text, response.status, await response.text()]).toEqual([text, 400, '{"message":"invalid page_token"}']);
    }
  });

  it("descend when asked to, and hold the same", async () => {
    const params = { timeframe: "1Hour", start: "2022-01-03", end: "2022-03-01", symbols: "SPY,AAPL", limit: "500" };
    const up = await walkPages(simulator, params);
    const down = await walkPages(simulator, { ...params, sort: "desc" });
    expect([...down.bars.keys()]).toEqual(["AAPL", "SPY"]);
    for (const [symbol, series] of up.bars) expect(down.bars.get(symbol)).toEqual([...series].reverse());
  });

  it("bring every bar once, whatever the limit", async () => {
    const { bars: whole } = await walkPages(simulator, { ...MINUTES, symbols: "SPY,VIX,AAPL", limit: "10000" });
    const limits = fc.integer({ min: 1, max: 800 });
    const orders = fc.constantFrom("asc", "desc");
    await fc.assert(
      fc.asyncProperty(limits, orders, async (limit, sort) => {
        const { bars } = await walkPages(simulator, {
          ...MINUTES,
          symbols: "SPY,VIX,AAPL",
          limit: String(limit),
          sort,
        });
        for (const [symbol, series] of whole) {
          expect(bars.get(symbol)).toEqual(sort === "asc" ? series : [...series].reverse());
        }
      }),
      {
        numRuns: 15,
        examples: [
          [1, "asc"],
          [390, "desc"],
        ],
      },
    );
  });
});

describe("the page cost", () => {
  const YEAR = { symbols: "SPY", start: "2022-01-01", end: "2022-12-31T23:59:59Z", limit: "10000" };

  it("of 1Hour is the minutes beneath: about as many requests as 1Min", async () => {
    const before = simulator.stats.charged;
    const hours = await walkPages(simulator, { ...YEAR, timeframe: "1Hour" });
    const charged = simulator.stats.charged - before;
    // 251 sessions of 916 traded minutes or so; no page is quite full, since a bar is not divided.
    expect(Math.ceil(charged / 10_000)).toBe(23);
    expect(hours.pages).toBe(24);
    for (const size of hours.sizes.slice(0, -1)) expect(size).toBeGreaterThan(160);
    for (const size of hours.sizes) expect(size).toBeLessThan(240);
    expect((await walkPages(simulator, { ...YEAR, timeframe: "1Min" })).pages).toBe(23);
  });

  it("of 4Hour leaves 40 to 50 bars on a page", async () => {
    const { sizes } = await walkPages(simulator, { ...YEAR, timeframe: "4Hour" });
    for (const size of sizes.slice(0, -1)) expect(size >= 39 && size <= 52).toBe(true);
  });

  it("of a day and longer is one a bar", async () => {
    for (const timeframe of ["1Day", "1Week", "1Month"]) {
      expect((await walkPages(simulator, { ...YEAR, timeframe, limit: "1000" })).pages).toBe(1);
    }
    expect((await walkPages(simulator, { ...YEAR, timeframe: "1Day", limit: "100" })).sizes).toEqual([100, 100, 51]);
  });

  it("never keeps a page from holding one bar", async () => {
    const { sizes } = await walkPages(simulator, { ...YEAR, timeframe: "1Hour", end: "2022-01-04", limit: "1" });
    expect(sizes.every((size) => size === 1)).toBe(true);
    expect(sizes.length).toBeGreaterThan(10);
  });
});
