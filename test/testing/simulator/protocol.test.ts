import { describe, expect, it } from "vitest";
import { fakeClock } from "../../../src/testing/fake-clock.ts";
import { ask, askPage, CRYPTO, HOST, KEYS, type Params, STOCKS, simulate } from "./ask.ts";

const DAY: Params = { symbols: "SPY", timeframe: "1Day", start: "2022-01-03T00:00:00Z", end: "2022-01-04T00:00:00Z" };
const simulator = simulate();

const textOf = async (params: Params, path = STOCKS, from = simulator) => {
  const response = await ask(from, params, path);
  return { status: response.status, body: await response.text() };
};
const without = (key: string) => Object.fromEntries(Object.entries(DAY).filter(([name]) => name !== key));

describe("the answer", () => {
  it("has the documented form, keys in the observed order", async () => {
    const { status, body } = await textOf(DAY);
    expect(status).toBe(200);
    expect(body).toMatch(
      /^\{"bars":\{"SPY":\[\{"c":[\d.]+,"h":[\d.]+,"l":[\d.]+,"n":\d+,"o":[\d.]+,"t":"2022-01-03T05:00:00Z","v":\d+,"vw":[\d.]+\}\]\},"next_page_token":null\}$/,
    );
  });

  it("of nothing is an empty object", async () => {
    expect((await textOf({ ...DAY, symbols: "VIX" })).body).toBe('{"bars":{},"next_page_token":null}');
  });

  it("leaves absent symbols out", async () => {
    const page = await askPage(simulator, { ...DAY, symbols: "VIX,SPY" });
    expect(Object.keys(page.bars ?? {})).toEqual(["SPY"]);
  });

  it("of the single-symbol form names the symbol beside its bars", async () => {
    const { symbols: _, ...rest } = DAY;
    const { body } = await textOf(rest, "/v2/stocks/SPY/bars");
    expect(body).toMatch(/^\{"bars":\[\{"c".*\}\],"symbol":"SPY","next_page_token":null\}$/);
    const empty = await textOf(rest, "/v2/stocks/VIX/bars");
    expect(empty.body).toBe('{"bars":[],"symbol":"VIX","next_page_token":null}');
  });

  it("names the currency when it was asked for, and only then", async () => {
    expect((await textOf({ ...DAY, currency: "EUR" })).body).toContain('"currency":"EUR"');
    expect((await textOf(DAY)).body).not.toContain("currency");
  });

  it("carries a request id, and another each time", async () => {
    const ids = await Promise.all(
      [DAY, without("timeframe")].map(async (params) => (await ask(simulator, params)).headers.get("x-request-id")),
    );
    expect(ids[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[1]).toMatch(/^[0-9a-f]{32}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });
});

describe("the range", () => {
  const minutes = async (start: string, end: string) => {
    const page = await askPage(simulator, { symbols: "SPY", timeframe: "1Min", start, end });
    return (page.bars?.["SPY"] ?? []).map((bar) => bar.t);
  };

  it("includes both ends: asking to 16:00 brings 391 regular minutes", async () => {
    const times = await minutes("2022-01-03T09:30:00-05:00", "2022-01-03T16:00:00-05:00");
    expect(times).toHaveLength(391);
    expect(times[0]).toBe("2022-01-03T14:30:00Z");
    expect(times.at(-1)).toBe("2022-01-03T21:00:00Z");
  });

  it("is exact to the nanosecond", async () => {
    expect(await minutes("2022-01-03T15:00:00.000000001Z", "2022-01-03T15:01:59.999999999Z")).toEqual([
      "2022-01-03T15:01:00Z",
    ]);
    expect(await minutes("2022-01-03T15:00:00Z", "2022-01-03T15:00:00Z")).toEqual(["2022-01-03T15:00:00Z"]);
    expect(await minutes("2022-01-03T14:58:59.5Z", "2022-01-03T14:59:59.999999999Z")).toEqual(["2022-01-03T14:59:00Z"]);
  });

  it("takes dates", async () => {
    const page = await askPage(simulator, { ...DAY, start: "2022-01-03", end: "2022-01-06" });
    expect(page.bars?.["SPY"]?.map((bar) => bar.t.slice(0, 10))).toEqual(["2022-01-03", "2022-01-04", "2022-01-05"]);
  });

  it("begins today and ends now when it does not say", async () => {
    const clock = fakeClock({ now: Date.parse("2024-01-03T15:10:00Z") });
    const params = { symbols: "SPY", timeframe: "1Hour" };
    const page = await askPage(simulate({ clock }), params);
    // 00:00Z is the last hour of the session of the day before.
    expect(page.bars?.["SPY"]?.map((bar) => bar.t.slice(11, 13))).toEqual([
      "00",
      "09",
      "10",
      "11",
      "12",
      "13",
      "14",
      "15",
    ]);
    const basic = await askPage(simulate({ clock, subscription: "basic" }), { ...params, feed: "sip" });
    expect(basic.bars?.["SPY"]?.map((bar) => bar.t.slice(11, 13)).at(-1)).toBe("14");
  });

  it("has no bars of the future, and a smaller one of the present", async () => {
    const clock = fakeClock({ now: Date.parse("2024-01-03T15:10:00Z") });
    const params = { symbols: "SPY", timeframe: "1Hour", start: "2024-01-03T14:00:00Z", end: "2024-01-05T00:00:00Z" };
    const early = (await askPage(simulate({ clock }), params)).bars?.["SPY"] ?? [];
    expect(early).toHaveLength(2);
    await clock.advance(24 * 3_600_000);
    const late = (await askPage(simulate({ clock }), params)).bars?.["SPY"] ?? [];
    expect(late[0]).toEqual(early[0]);
    expect(late[1]?.v).toBeGreaterThan(early[1]?.v ?? Number.POSITIVE_INFINITY);
  });
});

describe("a refusal", () => {
  it.each([
    [{ symbols: "BRK-B" }, "invalid symbol: BRK-B"],
    [{ symbols: "SPY,BRK-B,A B" }, "invalid symbol: BRK-B"],
    [{ symbols: "SPY," }, "invalid symbol: "],
    [{ symbols: "BTC/USD" }, "invalid symbol: BTC/USD"],
    [{ end: "2021-01-01" }, "end should not be before start"],
    [{ timeframe: "30Sec" }, "invalid timeframe: 30Sec"],
    [{ timeframe: "60Min" }, "invalid timeframe: 60Min"],
    [{ timeframe: "24Hour" }, "invalid timeframe: 24Hour"],
    [{ timeframe: "2Day" }, "invalid timeframe: 2Day"],
    [{ timeframe: "5Month" }, "invalid timeframe: 5Month"],
    [{ feed: "delayed_sip" }, "invalid feed: delayed_sip"],
    [{ limit: "0" }, "invalid limit: 0"],
    [{ limit: "10001" }, "invalid limit: 10001"],
    [{ limit: "ten" }, "invalid limit: ten"],
    [{ adjustment: "splits" }, "invalid adjustment: splits"],
    [{ sort: "up" }, "invalid sort: up"],
    [{ asof: "today" }, "invalid asof: today"],
    [{ page_token: "?" }, "invalid page_token"],
  ])("of %o says %s", async (params, message) => {
    expect(await textOf({ ...DAY, ...params } as Params)).toEqual({ status: 400, body: JSON.stringify({ message }) });
  });

  it("quotes a time that it cannot read", async () => {
    for (const start of ["not-a-date", "2022-02-30", "2022-01-03T00:00:00", "2022-01-03T25:00:00Z"]) {
      const { status, body } = await textOf({ ...DAY, start });
      expect(status).toBe(400);
      expect(JSON.parse(body).message).toContain(
        `Invalid format for parameter start: error parsing '${start}' as RFC3339 or 2006-01-02 time: `,
      );
    }
  });

  it("names the parameter that is missing", async () => {
    for (const name of ["symbols", "timeframe"]) {
      const { status, body } = await textOf(without(name));
      expect([status, JSON.parse(body).message]).toEqual([400, expect.stringContaining(`parameter ${name}`)]);
    }
  });

  it("covers what the simulator does not serve", async () => {
    expect((await textOf({ ...DAY, timeframe: "7Min" })).body).toContain("does not serve timeframe: 7Min");
    expect((await textOf(DAY, "/v2/stocks/quotes")).status).toBe(404);
    const posted = await simulator.fetch(`${HOST}${STOCKS}`, { method: "POST", headers: KEYS });
    expect(posted.status).toBe(405);
  });

  it("does not cover the short spellings", async () => {
    const month = { ...DAY, end: "2022-01-31T00:00:00Z" };
    for (const [short, long] of [
      ["1T", "1Min"],
      ["15T", "15Min"],
      ["4H", "4Hour"],
      ["1D", "1Day"],
      ["1W", "1Week"],
      ["1M", "1Month"],
    ]) {
      expect(await textOf({ ...month, timeframe: short ?? "" })).toEqual(
        await textOf({ ...month, timeframe: long ?? "" }),
      );
    }
    expect((await textOf({ ...DAY, adjustment: "split,dividend", asof: "-" })).status).toBe(200);
  });
});

describe("crypto", () => {
  const pair: Params = {
    symbols: "BTC/USD",
    timeframe: "1Hour",
    start: "2022-01-01T00:00:00Z",
    end: "2022-01-01T23:59:59Z",
    limit: "10000",
  };

  it("needs no key and trades on New Year's Day, in fractions", async () => {
    const response = await simulator.fetch(`${HOST}${CRYPTO}?${new URLSearchParams(pair)}`);
    const body = JSON.parse(await response.text());
    expect(body.bars["BTC/USD"]).toHaveLength(24);
    expect(body.bars["BTC/USD"].some((bar: { v: number }) => !Number.isInteger(bar.v))).toBe(true);
  });

  it("refuses what is no pair, and knows five venues", async () => {
    expect(await textOf({ ...pair, symbols: "BTC/USD,BTC/USDdsa1" }, CRYPTO)).toEqual({
      status: 400,
      body: '{"message":"Invalid symbol(s): BTC/USDdsa1 does not match ^[A-Z]+/[A-Z]+$"}',
    });
    expect((await textOf(pair, "/v1beta3/crypto/eu-1/bars")).status).toBe(200);
    expect((await textOf(pair, "/v1beta3/crypto/moon/bars")).status).toBe(404);
  });
});

describe("credentials", () => {
  const url = `${HOST}${STOCKS}?${new URLSearchParams(DAY)}`;
  const statusWith = async (headers: Record<string, string>, from = simulator) =>
    (await from.fetch(url, { headers })).status;
  const closed = simulate({ credentials: { keyId: "me", secretKey: "mine" } });

  it("are needed, and a bad one meets the proxy's page", async () => {
    const response = await simulator.fetch(url);
    expect(response.status).toBe(401);
    expect(response.headers.get("content-type")).toBe("text/html");
    expect(await response.text()).toContain("<title>401 Authorization Required</title>");
    expect(await statusWith({ "APCA-API-KEY-ID": "only half" })).toBe(401);
  });

  it("come in three ways", async () => {
    for (const from of [simulator, closed]) {
      expect(await statusWith({ "APCA-API-KEY-ID": "me", "APCA-API-SECRET-KEY": "mine" }, from)).toBe(200);
      expect(await statusWith({ Authorization: `Basic ${btoa("me:mine")}` }, from)).toBe(200);
      expect(await statusWith({ Authorization: "Bearer mine" }, from)).toBe(200);
    }
  });

  it("are checked when the simulator knows them", async () => {
    expect(await statusWith(KEYS, closed)).toBe(401);
    expect(await statusWith({ Authorization: `Basic ${btoa("me:yours")}` }, closed)).toBe(401);
    expect(await statusWith({ Authorization: "Bearer yours" }, closed)).toBe(401);
    expect(await statusWith({ Authorization: "Basic %%" }, closed)).toBe(401);
    expect(closed.stats.rejected).toBe(4);
  });
});

describe("the wall around recent SIP data", () => {
  const clock = fakeClock({ now: Date.parse("2024-01-03T20:00:00Z") });
  const basic = simulate({ clock, subscription: "basic" });
  const params: Params = { symbols: "SPY", timeframe: "1Day", start: "2024-01-02", feed: "sip" };
  const message = '{"message":"subscription does not permit querying recent SIP data"}';

  it("refuses the whole request, for daily bars too", async () => {
    expect(await textOf({ ...params, end: "2024-01-03T19:45:00.001Z" }, STOCKS, basic)).toEqual({
      status: 403,
      body: message,
    });
    expect((await textOf({ ...params, end: "2024-01-03T19:45:00Z" }, STOCKS, basic)).status).toBe(200);
    expect((await textOf(params, STOCKS, basic)).status).toBe(200);
  });

  it("does not stand before IEX, what is open, or who pays", async () => {
    const end = "2024-01-03T20:00:00Z";
    expect((await textOf({ ...params, feed: "iex", end }, STOCKS, basic)).status).toBe(200);
    const { feed: _, ...open } = params;
    expect((await textOf({ ...open, end }, STOCKS, basic)).status).toBe(200);
    expect((await textOf({ ...params, end }, STOCKS, simulate({ clock }))).status).toBe(200);
    expect((await textOf({ ...params, symbols: "BTC/USD", end }, CRYPTO, basic)).status).toBe(200);
  });
});

describe("the trading host", () => {
  it("knows the calendar", async () => {
    const response = await ask(simulator, { start: "2022-11-23", end: "2022-11-27" }, "/v2/calendar");
    expect(JSON.parse(await response.text())).toEqual([
      { date: "2022-11-23", open: "09:30", close: "16:00", session_open: "0400", session_close: "2000" },
      { date: "2022-11-25", open: "09:30", close: "13:00", session_open: "0400", session_close: "1700" },
    ]);
    expect((await ask(simulator, { start: "soon" }, "/v2/calendar")).status).toBe(400);
  });

  it("lists assets", async () => {
    const response = await ask(simulator, { status: "active", asset_class: "us_equity" }, "/v2/assets");
    expect(JSON.parse(await response.text())).toContainEqual({
      symbol: "SPY",
      class: "us_equity",
      status: "active",
      tradable: true,
    });
    const crypto = await ask(simulator, { asset_class: "crypto" }, "/v2/assets");
    expect(await crypto.text()).toBe("[]");
  });
});
